/**
 * Lint rule `layers/imports`: which part of the product may import which. The parts are a table, zone → what it may
 * import besides itself; eslint.config.js holds it. A zone is a folder (`ops/`) or a file (`index.ts`) from the root
 * of the repository, and a file belongs to the longest one that fits. What is not in the table may not be imported.
 */
import { isBuiltin } from 'node:module';
import { posix, relative, sep } from 'node:path';

const messages = {
  noZone: '{{file}} is in no zone of the table in eslint.config.js. Add one that says what it may import.',
  forbidden: '{{zone}} may not import {{target}}: {{allowed}}. The table is in eslint.config.js.',
};

export const imports = {
  meta: {
    type: 'problem',
    messages,
    schema: [{ type: 'object', properties: { zones: { type: 'object' } }, additionalProperties: false }],
  },
  create(context) {
    const { zones } = context.options[0];
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const zone = findZone(zones, file);
    if (zone === undefined) return { Program: (node) => context.report({ node, messageId: 'noZone', data: { file } }) };

    const check = (name) => {
      if (!name) return;
      const target = resolveTarget(zones, file, name);
      if (target === zone || zones[zone].includes(target)) return;
      const allowed = `it may import ${zones[zone].join(', ') || 'nothing'}`;
      context.report({ node: name, messageId: 'forbidden', data: { zone, target, allowed } });
    };
    const checkSource = (node) => check(node.source);
    return {
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      TSImportType: checkSource,
      TSExternalModuleReference: (node) => check(node.expression),
    };
  },
};

function findZone(zones, file) {
  const fits = Object.keys(zones).filter((zone) => (zone.endsWith('/') ? file.startsWith(zone) : file === zone));
  return fits.sort((a, b) => b.length - a.length)[0];
}

/** What an import leads to, in the words of the table: a zone, `node:`, or a package; else the path itself. */
function resolveTarget(zones, file, { value, quasis }) {
  const name = value ?? (quasis?.length === 1 ? quasis[0].value.cooked : undefined);
  if (typeof name !== 'string') return '(computed)';
  if (isBuiltin(name)) return 'node:';
  if (!name.startsWith('.')) return /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
  const path = posix.join(posix.dirname(file), name);
  return findZone(zones, path) ?? path;
}
