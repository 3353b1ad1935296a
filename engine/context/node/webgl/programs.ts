/**
 * Shaders and programs. Sources go to the driver as they are: `#version 300 es` is GLSL ES 3.00 there as in WebGL 2,
 * and a source without a version line is GLSL ES 1.00. Nothing here waits for a compiler until a
 * program is used or asked about. Follows WebGL 1, section 5.14.9, and KHR_parallel_shader_compile.
 */
import { lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { ProgramObject, ShaderObject } from './objects.ts';
import { Readback } from './readback.ts';

export const COMPLETION_STATUS_KHR = 0x91b1;
const INFO_LOG_LENGTH = 0x8b84;

/** What may be asked: anything else could make the driver write more than one number. */
const SHADER_PARAMETERS: ReadonlySet<number> = new Set([
  GL.COMPILE_STATUS,
  GL.DELETE_STATUS,
  GL.SHADER_TYPE,
  COMPLETION_STATUS_KHR,
]);
const PROGRAM_STATES: ReadonlySet<number> = new Set([
  GL.DELETE_STATUS,
  GL.LINK_STATUS,
  GL.VALIDATE_STATUS,
  COMPLETION_STATUS_KHR,
]);
const PROGRAM_COUNTS: ReadonlySet<number> = new Set([
  GL.ACTIVE_ATTRIBUTES,
  GL.ACTIVE_UNIFORMS,
  GL.ACTIVE_UNIFORM_BLOCKS,
  GL.ATTACHED_SHADERS,
]);

export class Programs extends Readback {
  protected program: ProgramObject | null = null;

  createShader(type: number): ShaderObject | null {
    if (!this.enter()) return lostObject(new ShaderObject(this, 0, type));
    const id = this.native.glCreateShader(type);
    return id === 0 ? null : new ShaderObject(this, id, type);
  }

  isShader(shader: ShaderObject | null): boolean {
    return this.isLive(shader);
  }

  deleteShader(shader: ShaderObject | null): void {
    if (this.enter() && this.retire(shader)) this.native.glDeleteShader(shader!.id);
  }

  shaderSource(shader: ShaderObject, source: string): void {
    if (!this.enter() || !this.accepts(shader)) return;
    shader.source = source;
    this.native.glShaderSource(shader.id, 1, [source], null);
  }

  getShaderSource(shader: ShaderObject): string | null {
    return this.enter() && this.accepts(shader) ? shader.source : null;
  }

  compileShader(shader: ShaderObject): void {
    if (this.enter() && this.accepts(shader)) this.native.glCompileShader(shader.id);
  }

  getShaderParameter(shader: ShaderObject, name: number): boolean | number | null {
    if (!this.enter()) return name === COMPLETION_STATUS_KHR ? true : null;
    if (!this.accepts(shader)) return null;
    if (!SHADER_PARAMETERS.has(name)) {
      this.fail(GL.INVALID_ENUM);
      return null;
    }
    const value = this.readNumber(this.native.glGetShaderiv, shader.id, name);
    return name === GL.SHADER_TYPE ? value : value !== 0;
  }

  getShaderInfoLog(shader: ShaderObject): string | null {
    if (!this.enter() || !this.accepts(shader)) return null;
    const capacity = this.readNumber(this.native.glGetShaderiv, shader.id, INFO_LOG_LENGTH);
    return readText(capacity, (length, text) => this.native.glGetShaderInfoLog(shader.id, capacity, length, text));
  }

  createProgram(): ProgramObject {
    if (!this.enter()) return lostObject(new ProgramObject(this, 0));
    return new ProgramObject(this, this.native.glCreateProgram());
  }

  isProgram(program: ProgramObject | null): boolean {
    return this.isLive(program);
  }

  deleteProgram(program: ProgramObject | null): void {
    if (this.enter() && this.retire(program)) this.native.glDeleteProgram(program!.id);
  }

  attachShader(program: ProgramObject, shader: ShaderObject): void {
    if (!this.enter() || !this.accepts(program) || !this.accepts(shader)) return;
    program.shaders.add(shader);
    this.native.glAttachShader(program.id, shader.id);
  }

  detachShader(program: ProgramObject, shader: ShaderObject): void {
    if (!this.enter() || !this.accepts(program)) return;
    if (!program.shaders.delete(shader)) return this.fail(GL.INVALID_OPERATION);
    this.native.glDetachShader(program.id, shader.id);
  }

  getAttachedShaders(program: ProgramObject): ShaderObject[] | null {
    return this.enter() && this.accepts(program) ? [...program.shaders] : null;
  }

  bindAttribLocation(program: ProgramObject, index: number, name: string): void {
    if (this.enter() && this.accepts(program)) this.native.glBindAttribLocation(program.id, index, name);
  }

  linkProgram(program: ProgramObject): void {
    if (!this.enter() || !this.accepts(program)) return;
    program.linkCount++;
    program.linked = null;
    program.samplers = null;
    this.drawStateChanged = true;
    this.native.glLinkProgram(program.id);
  }

  validateProgram(program: ProgramObject): void {
    if (this.enter() && this.accepts(program)) this.native.glValidateProgram(program.id);
  }

  useProgram(program: ProgramObject | null): void {
    if (!this.enter()) return;
    const name = this.nameOf(program);
    if (name < 0) return;
    if (program !== null && !this.isLinked(program)) return this.fail(GL.INVALID_OPERATION);
    this.native.glUseProgram(name);
    this.program = program;
    this.drawStateChanged = true;
  }

  private isLinked(program: ProgramObject): boolean {
    program.linked ??= this.readNumber(this.native.glGetProgramiv, program.id, GL.LINK_STATUS) !== 0;
    return program.linked;
  }

  getProgramParameter(program: ProgramObject, name: number): boolean | number | null {
    if (!this.enter()) return name === COMPLETION_STATUS_KHR ? true : null;
    if (!this.accepts(program)) return null;
    if (!PROGRAM_COUNTS.has(name) && !PROGRAM_STATES.has(name)) {
      this.fail(GL.INVALID_ENUM);
      return null;
    }
    const value = this.readNumber(this.native.glGetProgramiv, program.id, name);
    return PROGRAM_COUNTS.has(name) ? value : value !== 0;
  }

  getProgramInfoLog(program: ProgramObject): string | null {
    if (!this.enter() || !this.accepts(program)) return null;
    const capacity = this.readNumber(this.native.glGetProgramiv, program.id, INFO_LOG_LENGTH);
    return readText(capacity, (length, text) => this.native.glGetProgramInfoLog(program.id, capacity, length, text));
  }

  getAttribLocation(program: ProgramObject, name: string): number {
    return this.enter() && this.accepts(program) ? this.native.glGetAttribLocation(program.id, name) : -1;
  }

  getFragDataLocation(program: ProgramObject, name: string): number {
    return this.enter() && this.accepts(program) ? this.native.glGetFragDataLocation(program.id, name) : -1;
  }

  protected readNumber(read: (id: number, name: number, value: Int32Array) => void, id: number, name: number): number {
    const value = new Int32Array(1);
    read(id, name, value);
    return value[0]!;
  }
}

/** Reads a text of at most `capacity` bytes that the driver writes with its length. */
export function readText(capacity: number, read: (length: Int32Array, text: Uint8Array) => void): string {
  const length = new Int32Array(1);
  const text = Buffer.alloc(Math.max(1, capacity));
  read(length, text);
  return text.toString('utf8', 0, length[0]);
}
