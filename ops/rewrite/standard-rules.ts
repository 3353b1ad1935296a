/** The rules every plan is made with, in the order they are tried at a tensor. */
import type { Rule } from '../../engine/index.ts';
import { packConv2d } from './pack-conv2d.ts';
import { reluOnRead } from './relu-on-read.ts';
import { residualOnWrite } from './residual-on-write.ts';

export const standardRules: readonly Rule[] = [packConv2d, reluOnRead, residualOnWrite];
