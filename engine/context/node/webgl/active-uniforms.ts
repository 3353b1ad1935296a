/**
 * What a linked program is made of: its attributes, uniforms and where they are, and which texture target each of its
 * samplers reads on which unit. Looked up at the first use, since asking waits for the compiler. Follows WebGL 1,
 * section 5.14.10, and WebGL 2, section 3.7.8.
 */
import { GL } from './constants.ts';
import { UniformLocation, type ProgramObject, type SamplerUniform } from './objects.ts';
import { Programs, readText } from './programs.ts';

const ACTIVE_ATTRIBUTE_MAX_LENGTH = 0x8b8a;
const ACTIVE_UNIFORM_MAX_LENGTH = 0x8b87;

/** The texture target that a sampler of a GLSL type reads. */
const SAMPLER_TARGETS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.SAMPLER_2D, GL.TEXTURE_2D],
  [GL.INT_SAMPLER_2D, GL.TEXTURE_2D],
  [GL.UNSIGNED_INT_SAMPLER_2D, GL.TEXTURE_2D],
  [GL.SAMPLER_2D_SHADOW, GL.TEXTURE_2D],
  [GL.SAMPLER_2D_ARRAY, GL.TEXTURE_2D_ARRAY],
  [GL.INT_SAMPLER_2D_ARRAY, GL.TEXTURE_2D_ARRAY],
  [GL.UNSIGNED_INT_SAMPLER_2D_ARRAY, GL.TEXTURE_2D_ARRAY],
  [GL.SAMPLER_2D_ARRAY_SHADOW, GL.TEXTURE_2D_ARRAY],
  [GL.SAMPLER_3D, GL.TEXTURE_3D],
  [GL.INT_SAMPLER_3D, GL.TEXTURE_3D],
  [GL.UNSIGNED_INT_SAMPLER_3D, GL.TEXTURE_3D],
  [GL.SAMPLER_CUBE, GL.TEXTURE_CUBE_MAP],
  [GL.INT_SAMPLER_CUBE, GL.TEXTURE_CUBE_MAP],
  [GL.UNSIGNED_INT_SAMPLER_CUBE, GL.TEXTURE_CUBE_MAP],
  [GL.SAMPLER_CUBE_SHADOW, GL.TEXTURE_CUBE_MAP],
]);

/** An active uniform or attribute, as getActiveUniform and getActiveAttrib return it. */
interface ActiveInfo {
  readonly name: string;
  readonly size: number;
  readonly type: number;
}

type Describe = (
  program: number,
  index: number,
  capacity: number,
  length: Int32Array,
  size: Int32Array,
  type: Uint32Array,
  name: Uint8Array,
) => void;

export class ActiveUniforms extends Programs {
  getActiveUniform(program: ProgramObject, index: number): ActiveInfo | null {
    if (!this.enter() || !this.accepts(program)) return null;
    return this.describeActive(program, index, ACTIVE_UNIFORM_MAX_LENGTH, this.native.glGetActiveUniform);
  }

  getActiveAttrib(program: ProgramObject, index: number): ActiveInfo | null {
    if (!this.enter() || !this.accepts(program)) return null;
    return this.describeActive(program, index, ACTIVE_ATTRIBUTE_MAX_LENGTH, this.native.glGetActiveAttrib);
  }

  getUniformLocation(program: ProgramObject, name: string): UniformLocation | null {
    if (!this.enter() || !this.accepts(program)) return null;
    const location = this.native.glGetUniformLocation(program.id, name);
    if (location < 0) return null;
    const element = Number(/\[(\d+)\]$/.exec(name)?.[1] ?? 0);
    const base = element === 0 ? location : this.native.glGetUniformLocation(program.id, name.replace(/\[\d+\]$/, ''));
    return new UniformLocation(program, location, this.samplersOf(program).get(base) ?? null, element);
  }

  /** The program's samplers with the units they read: zero after a link, then what uniform1i said. */
  protected samplersOf(program: ProgramObject): ReadonlyMap<number, SamplerUniform> {
    if (program.samplers !== null) return program.samplers;
    const samplers = new Map<number, SamplerUniform>();
    const count = this.readNumber(this.native.glGetProgramiv, program.id, GL.ACTIVE_UNIFORMS);
    for (let index = 0; index < count; index++) {
      const info = this.describeActive(program, index, ACTIVE_UNIFORM_MAX_LENGTH, this.native.glGetActiveUniform);
      const target = info === null ? undefined : SAMPLER_TARGETS.get(info.type);
      if (info === null || target === undefined) continue;
      const location = this.native.glGetUniformLocation(program.id, info.name);
      samplers.set(location, { target, units: new Int32Array(info.size) });
    }
    program.samplers = samplers;
    return samplers;
  }

  private describeActive(
    program: ProgramObject,
    index: number,
    lengthName: number,
    describe: Describe,
  ): ActiveInfo | null {
    const capacity = this.readNumber(this.native.glGetProgramiv, program.id, lengthName);
    const size = new Int32Array(1);
    const type = new Uint32Array(1);
    const name = readText(capacity, (length, text) => describe(program.id, index, capacity, length, size, type, text));
    return type[0] === 0 ? null : { name, size: size[0]!, type: type[0]! };
  }
}
