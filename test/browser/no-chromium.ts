/** Stands in the report for the tests of this folder where they cannot run. */
import { test } from 'vitest';

test.skip('test/browser needs Chromium: apt-get install chromium');
