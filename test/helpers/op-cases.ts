/// <reference types="vite/client" />
/** The cases of every op, gathered from the folders of the ops: an op that is added brings its own. */
import type * as ops from '../../ops/index.ts';
import type { OpCase, OpCases } from './op-case.ts';

/** What `ops/index.ts` exports beside ops. */
export const OTHER_EXPORTS: readonly (keyof typeof ops)[] = [
  'State',
  'Tensor',
  'appendRows',
  'assign',
  'checkpoint',
  'compile',
  'constant',
  'createCache',
  'createElementwise',
  'floatLiteral',
  'gradients',
  'gridArguments',
  'logicalIndices',
  'run',
  'standardRules',
  'stopGradient',
  'tensor',
  'writeElementShader',
  'writePixelShader',
];

/** Ops with cases that only rewrite rules, gradients and training call. */
export const OPS_OF_RULES: readonly string[] = [
  'adamStep',
  'after',
  'clipScale',
  'conv2dByWeight',
  'crossEntropyByLogits',
  'embedByTable',
  'firstMoment',
  'flipWeights',
  'fromRows',
  'geluByX',
  'geluTanhByX',
  'layerNormByX',
  'lookupTable',
  'maxPool2dByX',
  'normMeans',
  'normStats',
  'normalize',
  'partialSums',
  'secondMoment',
  'selectPositive',
  'selectWithin',
  'siluByX',
  'softmaxBySums',
  'softmaxByX',
  'sumExponentials',
  'sumPool2d',
  'sumProducts',
  'takeRows',
  'tokenShiftByCache',
  'toRows',
];

const found = import.meta.glob<{ readonly cases: OpCases }>('../../ops/*/cases.ts', { eager: true });

export const opCases: OpCases = Object.assign({}, ...Object.values(found).map(({ cases }) => cases)) as OpCases;

/** All of them with titles, for `test.each`. */
export const titledCases: readonly { readonly title: string; readonly given: OpCase }[] = Object.entries(
  opCases,
).flatMap(([name, list]) =>
  list.map((given) => ({ title: given.title === undefined ? name : `${name}, ${given.title}`, given })),
);
