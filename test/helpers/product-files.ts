/** The sources of the product, as the build takes them: tests, measurements and scripts are none. */
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../base/node/package-files.ts';

/** Every file that is built, by its path from the root, with slashes. */
export function listProductFiles(): string[] {
  const { config } = ts.readConfigFile(join(packageRoot, 'tsconfig.build.json'), ts.sys.readFile);
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot);
  return fileNames.map((path) => relative(packageRoot, path).split(sep).join('/'));
}
