/**
 * A decoded value in a few words. Numbers, text, booleans, null and lists are spelt as in JSON, so that a script can
 * read them; what Python would have called or made is spelt as the call. Never longer than asked for, whatever it
 * holds.
 */
import { globalName, isRecord, type CallRecord, type PickleValue } from '../pickle/records.ts';

/** The text of a value in at most `limit` characters, give or take an ellipsis and closing brackets. */
export function formatValue(value: PickleValue, limit = 200): string {
  if (limit <= 0) return '…';
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (typeof value === 'string') return formatText(value, limit);
  if (typeof value === 'bigint') return cut(value.toString(), limit);
  if (!isRecord(value)) return Object.is(value, -0) ? '-0' : String(value);
  // Every level of nesting takes a character at least, so `limit` bounds the recursion too.
  const inner = limit - 2;
  switch (value.tag) {
    case 'global':
      return formatName(globalName(value)!, limit);
    case 'persistent':
      return `<persistent ${formatValue(value.id, inner - 12)}>`;
    case 'tuple':
      return `(${formatItems(value.items, inner)})`;
    case 'list':
      return `[${formatItems(value.items, inner)}]`;
    case 'set':
      return `set(${formatItems(value.items, inner)})`;
    case 'dict':
      return `{${formatEntries(value.entries, inner)}}`;
    case 'call':
      return formatCall(value, inner);
  }
}

/** A name from a file with nothing in it that could disturb a terminal. */
export function formatName(name: string, limit = 200): string {
  return cut(name, limit).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

function formatText(text: string, limit: number): string {
  return formatName(JSON.stringify(cut(text, limit)), 2 * limit);
}

function formatCall({ by, callee, args, items, entries }: CallRecord, limit: number): string {
  const name = formatValue(callee, limit);
  const inner = limit - name.length;
  const given = isRecord(args) && args.tag === 'tuple' ? formatItems(args.items, inner) : formatValue(args, inner);
  const added = items.length + entries.length;
  return `${by === 'newobj' ? 'new ' : ''}${name}(${given})${added > 0 ? ` with ${added} items` : ''}`;
}

function formatItems(items: readonly PickleValue[], limit: number): string {
  let text = '';
  for (const item of items) {
    if (text.length >= limit) return `${text}…`;
    text += `${text === '' ? '' : ', '}${formatValue(item, limit - text.length)}`;
  }
  return text;
}

function formatEntries(entries: readonly [PickleValue, PickleValue][], limit: number): string {
  let text = '';
  for (const [key, item] of entries) {
    if (text.length >= limit) return `${text}…`;
    text += `${text === '' ? '' : ', '}${formatValue(key, limit - text.length)}: `;
    text += formatValue(item, limit - text.length);
  }
  return text;
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
