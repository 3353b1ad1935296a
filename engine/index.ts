/** The engine's public surface: everything an op or a net may use. */
import '../base/platform.ts';

export { checkDevice, compile, referenceDevice, run, withoutRules } from './compile.ts';
export type { AnyDevice, Compiled, CompileOptions, ReferenceDevice, Result, Traced } from './compile.ts';
export type {
  PassTiming,
  PrepareOptions,
  PrepareProgress,
  RunInputs,
  RunOptions,
  RunOutput,
  StopSignal,
} from './gl/executable.ts';
export { Device } from './gl/device.ts';
export type { DeviceOptions, KernelChoice } from './gl/device.ts';
export type { ContextSource } from './context/source.ts';
export type { Probes } from './gl/probes.ts';
export { countUses, sortTopologically } from './graph.ts';
export { gridOf, keyOfLayout, layoutOf } from './gl/layout.ts';
export type { Block, BlockForm, Grid, Layout, LayoutLimits, Rows, TextureSpec } from './gl/layout.ts';
export type { Cost, FetchStyle, NumericArray, Op, Operand, ReferenceCall, ShaderCall } from './op.ts';
export { isFoldable, makePlan } from './plan.ts';
export type { Pass, Plan, PlanLimits, Slot } from './plan.ts';
export { interpret } from './reference/interpret.ts';
export { rewrite } from './rewrite.ts';
export type { Rule, RewriteContext, RewriteResult } from './rewrite.ts';
export { broadcastShapes, checkShape, formatShape, resolveAxis, sameShape, sizeOf, stridesOf } from './shape.ts';
export type { DType, Shape, TensorType } from './shape.ts';
export { State } from './state.ts';
export {
  Tensor,
  apply,
  checkTensor,
  checkTensors,
  constant,
  constantOp,
  placeholder,
  placeholderOp,
  tensor,
} from './tensor.ts';
