/**
 * Fragment shaders to linked programs, cached by their text. All programs of a plan are compiled first, then linked,
 * and only then asked for their status, so that a driver which can will do them in parallel.
 */
import { ContextError } from '../../base/errors.ts';
import { ContextLife } from '../context/context-life.ts';
import type { Numbers } from './share-programs.ts';

/** One triangle over the whole viewport, made from the vertex number alone: no buffers. */
const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1., 0., 1.);
}
`;

export interface Program {
  readonly program: WebGLProgram;
  readonly source: string;
  readonly uniforms: Map<string, WebGLUniformLocation | null>;
  /** Whether it has been drawn with, so that the driver has nothing left to translate. */
  warm: boolean;
  /** Whether its samplers know their texture units, which stay the same. */
  sampling: boolean;
  /** What it was told last. */
  numbers: Numbers | undefined;
}

interface PendingProgram extends Program {
  readonly fragment: WebGLShader;
  checked: boolean;
}

export class ProgramCache {
  private readonly gl: WebGL2RenderingContext;
  private readonly life: ContextLife;
  private vertex: WebGLShader | undefined;
  private readonly programs = new Map<string, PendingProgram>();
  private current: Program | undefined;

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.life = new ContextLife(gl);
  }

  get size(): number {
    return this.programs.size;
  }

  /** Starts compiling and linking; returns without waiting for the driver. */
  request(source: string): void {
    if (this.programs.has(source)) return;
    const { gl } = this;
    this.vertex ??= this.compile(gl.VERTEX_SHADER, vertexSource);
    const fragment = this.compile(gl.FRAGMENT_SHADER, source);
    const program = gl.createProgram()!;
    gl.attachShader(program, this.vertex);
    gl.attachShader(program, fragment);
    gl.linkProgram(program);
    this.programs.set(source, {
      program,
      source,
      fragment,
      uniforms: new Map(),
      warm: false,
      sampling: false,
      numbers: undefined,
      checked: false,
    });
  }

  /** The linked program. Throws ContextError `E_GL_COMPILE` with the numbered shader and the driver's words. */
  get(source: string): Program {
    this.request(source);
    const found = this.programs.get(source)!;
    if (!found.checked) this.check(found);
    return found;
  }

  use(program: Program): void {
    if (this.current === program) return;
    this.gl.useProgram(program.program);
    this.current = program;
  }

  /** Sets the uniforms of the program in use, unless they are so already. */
  tell(program: Program, numbers: Numbers): void {
    if (program.numbers === numbers) return;
    if (numbers.ints.length > 0) this.gl.uniform1iv(this.uniform(program, 'ints'), numbers.ints);
    if (numbers.floats.length > 0) this.gl.uniform1fv(this.uniform(program, 'floats'), numbers.floats);
    program.numbers = numbers;
  }

  /** Forgets which program is bound: another user of the context may have changed it. */
  forgetBinding(): void {
    this.current = undefined;
  }

  uniform(program: Program, name: string): WebGLUniformLocation | null {
    let location = program.uniforms.get(name);
    if (location === undefined) {
      location = this.gl.getUniformLocation(program.program, name);
      program.uniforms.set(name, location);
    }
    return location;
  }

  dispose(): void {
    if (!this.life.isOver) this.deletePrograms();
    this.vertex = undefined;
    this.programs.clear();
  }

  private deletePrograms(): void {
    for (const { program, fragment } of this.programs.values()) {
      this.gl.deleteProgram(program);
      this.gl.deleteShader(fragment);
    }
    if (this.vertex) this.gl.deleteShader(this.vertex);
  }

  private compile(type: number, source: string): WebGLShader {
    const shader = this.gl.createShader(type)!;
    this.gl.shaderSource(shader, source);
    this.gl.compileShader(shader);
    return shader;
  }

  private check(pending: PendingProgram): void {
    const { gl } = this;
    if (gl.getProgramParameter(pending.program, gl.LINK_STATUS)) {
      pending.checked = true;
      return;
    }
    this.life.check('compile');
    const log = gl.getShaderInfoLog(pending.fragment) || gl.getProgramInfoLog(pending.program) || 'no log';
    this.programs.delete(pending.source);
    throw new ContextError(
      'E_GL_COMPILE',
      `ProgramCache: the driver refused a shader: ${log.trim()}\nPlease report it with this text:\n${numberLines(pending.source)}`,
    );
  }
}

function numberLines(source: string): string {
  return source
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(4)} ${line}`)
    .join('\n');
}
