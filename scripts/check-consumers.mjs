/**
 * Packs the package, installs it in a fresh project and compiles test/consumers/consumer.mts there with TypeScript 5.4
 * to 7, strictly and libraries included: with and without `lib.dom` and the types of Node, by both ways of finding
 * modules. `npm run consumers`; it needs the npm registry and two minutes, so CI does not run it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versions = ['5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2'];
const modules = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'dalle-gl-consumers-'));

function install() {
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', project];
  execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const packed = readdirSync(project).find((name) => name.endsWith('.tgz'));
  const compilers = versions.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]);
  const dependencies = Object.fromEntries([['dalle-gl', `file:${packed}`], ['@types/node', '20.19.43'], ...compilers]);
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: project, stdio: 'inherit' });
  copyFileSync(join(root, 'test/consumers/consumer.mts'), join(project, 'consumer.mts'));
}

/** What the compiler prints; nothing, if all is well. */
function compile(version, options) {
  const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, target: 'es2022', ...options };
  const config = join(project, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  const compiler = join(project, 'node_modules', `typescript-${version}`, 'bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', config], { encoding: 'utf8' });
  return status === 0 ? '' : stdout || `exit code ${status}`;
}

let failures = 0;
try {
  install();
  for (const version of versions) {
    for (const lib of [['es2022'], ['es2022', 'dom']]) {
      for (const types of [[], ['node']]) {
        for (const resolution of modules) {
          const said = compile(version, { lib, types, ...resolution });
          if (said) failures++;
          const name = `TypeScript ${version}, lib ${lib.join(' ')}, types ${types.join(' ') || 'none'}`;
          console.log(`${said ? 'FAILED' : 'ok'}  ${name}, ${resolution.moduleResolution}${said && `\n${said}`}`);
        }
      }
    }
  }
} finally {
  rmSync(project, { recursive: true });
}
process.exit(failures > 0 ? 1 : 0);
