/** Where things are kept. */
import { expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

test('the folder follows the environment', () => {
  expect(cacheFolder({ DALLE_GL_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/dalle-gl');
  expect(cacheFolder({})).toMatch(/\.cache\/dalle-gl$/);
});
