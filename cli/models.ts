/** `dalle-gl models`: the models that `convert` knows by name, whose they are, and where they come from. */
import { UsageError } from '../base/errors.ts';
import { FAMILIES } from '../weights-convert/families/all-families.ts';
import { isReadable } from '../weights-convert/families/family.ts';
import { fileBytes, findKnownModel, type KnownModel } from '../weights-convert/known-models/known-model.ts';
import { KNOWN_MODELS } from '../weights-convert/known-models/known-models.ts';
import { alignColumns, formatBytes } from './columns.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { describeModel } from './known-names.ts';
import { findNearest } from './nearest.ts';
import { print, printJson } from './terminal.ts';

export const models: Command = defineCommand({
  name: 'models',
  operands: '[name]',
  summary: 'Lists the models that convert and plan know by name, with their licences; of one, its addresses too',
  examples: ['dalle-gl models', 'dalle-gl models min-dalle-mini'],
  flags: commonFlags,
  run({ flags, operands, terminal }) {
    checkOperands('models', operands, { least: 0, most: 1, what: 'one name, or none' });
    const listed = operands.length === 0 ? KNOWN_MODELS : [findNamed(operands[0]!)];
    if (flags.json) printJson(terminal, { models: listed.map((model) => ({ ...model, isRead: isRead(model) })) });
    else if (operands.length === 0) print(terminal, formatList(listed));
    else print(terminal, [...listed.flatMap(describeModel), ...listed.flatMap(describeUse)]);
    return Promise.resolve();
  },
});

function findNamed(name: string): KnownModel {
  const found = findKnownModel(name, KNOWN_MODELS);
  if (found) return found;
  const names = KNOWN_MODELS.map((model) => model.name);
  const nearest = findNearest(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new UsageError('E_OPERAND', `models: there is no known model ${JSON.stringify(name.slice(0, 60))}. ${advice}`);
}

function isRead(model: KnownModel): boolean {
  return isReadable(model, FAMILIES);
}

function formatList(listed: readonly KnownModel[]): string[] {
  const rows = listed.map((model) => {
    const bytes = model.files.reduce((sum, file) => sum + fileBytes(file), 0);
    const state = !isRead(model) ? 'not read yet' : 'read';
    return [model.name, formatBytes(bytes), state, model.language ?? 'no text', model.licence];
  });
  return [
    ...alignColumns([['name', 'download', 'state', 'language', 'licence'], ...rows], 'lrlll'),
    '',
    'dalle-gl models <name> tells the addresses; dalle-gl convert <name> -o DIR downloads one, once you agree.',
  ];
}

function describeUse(model: KnownModel): string[] {
  if (!isRead(model)) return ['  this version of dalle-gl does not read its checkpoints'];
  return [`  dalle-gl convert ${model.name} -o DIR`];
}
