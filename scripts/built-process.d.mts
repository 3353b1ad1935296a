import type { Plugin } from 'vite';

export declare const builtProcess: Plugin;
