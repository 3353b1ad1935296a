/**
 * How a kernel is turned down: one paragraph with the piece of the function that cannot be a shader, the reason, and
 * what to write in its place.
 */
import { UsageError } from '../../base/errors.ts';
import type { SyntaxNode } from './syntax.ts';

/** Turns a node down with a reason. `E_KERNEL_SYNTAX`, or `E_KERNEL_CAPTURE` for a name from outside. */
export type Refuse = (node: SyntaxNode, reason: string, code?: KernelCode) => never;

type KernelCode = 'E_KERNEL_SYNTAX' | 'E_KERNEL_CAPTURE';

const LONGEST_EXCERPT = 80;

/** `offset` is how many characters the parser saw before the text of the function. */
export function refuseWithin(source: string, offset: number): Refuse {
  return (node, reason, code = 'E_KERNEL_SYNTAX') => {
    const known = node.start !== undefined && node.end !== undefined;
    const piece = known ? source.slice(node.start - offset, node.end - offset) : source;
    throw new UsageError(code, `elementwise: \`${shorten(piece)}\` cannot go into a shader: ${reason}`);
  };
}

/** On one line, and not too long for a message. */
export function shorten(source: string): string {
  const line = source.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT - 1)}…` : line;
}
