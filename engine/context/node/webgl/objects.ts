/**
 * What WebGL hands out instead of numbers: small objects that remember their OpenGL ES name, the context they belong
 * to and whether they were deleted, so that a stray or stale one is refused before it reaches the driver. Follows
 * WebGL 2, section 3.2 to 3.7 (WebGLObject and its kinds).
 */

/** Any object of a context. `id` is the OpenGL ES name; `owner` the facade that made it. */
export abstract class ContextObject {
  readonly owner: object;
  readonly id: number;
  deleted = false;

  constructor(owner: object, id: number) {
    this.owner = owner;
    this.id = id;
  }
}

export class BufferObject extends ContextObject {
  /** The first target it was bound to; ELEMENT_ARRAY_BUFFER excludes all others. 0 until then. */
  target = 0;
  byteLength = 0;
}

export class TextureObject extends ContextObject {
  /** The target of its first binding, which is its kind for good. 0 until then. */
  target = 0;
}

/** What a framebuffer draws to: color attachments by index, then depth and stencil. */
export class FramebufferObject extends ContextObject {
  readonly attachments: (TextureObject | null)[] = [];
}

export class ShaderObject extends ContextObject {
  readonly type: number;
  source = '';

  constructor(owner: object, id: number, type: number) {
    super(owner, id);
    this.type = type;
  }
}

/** A sampler uniform of a linked program: the texture target it reads, and the texture unit of each array element. */
export interface SamplerUniform {
  readonly target: number;
  readonly units: Int32Array;
}

export class ProgramObject extends ContextObject {
  readonly shaders: Set<ShaderObject> = new Set();
  /** Counts linkProgram calls: locations of an earlier link are refused. */
  linkCount = 0;
  /** Whether the last link succeeded; null until somebody has to wait for it. */
  linked: boolean | null = false;
  /** By location of the array's first element; null until somebody needs them after a link. */
  samplers: Map<number, SamplerUniform> | null = null;
}

export class UniformLocation {
  readonly program: ProgramObject;
  readonly linkCount: number;
  readonly location: number;
  /** The sampler this location sets, and which element of it; null for all other uniforms. */
  readonly sampler: SamplerUniform | null;
  readonly element: number;

  constructor(program: ProgramObject, location: number, sampler: SamplerUniform | null, element: number) {
    this.program = program;
    this.linkCount = program.linkCount;
    this.location = location;
    this.sampler = sampler;
    this.element = element;
  }
}

/** How one vertex attribute is read. */
export interface VertexAttribute {
  enabled: boolean;
  buffer: BufferObject | null;
  /** Bytes of one element, from one element to the next, and before the first. */
  elementBytes: number;
  stride: number;
  offset: number;
  divisor: number;
}

export class VertexArrayObject extends ContextObject {
  readonly attributes: (VertexAttribute | undefined)[] = [];
  elementBuffer: BufferObject | null = null;
}

export class QueryObject extends ContextObject {
  target = 0;
}

/** A fence. `handle` is the C GLsync. */
export class SyncObject extends ContextObject {
  readonly handle: bigint;

  constructor(owner: object, handle: bigint) {
    super(owner, 0);
    this.handle = handle;
  }
}
