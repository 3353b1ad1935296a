/**
 * The JSON that lies beside a CLIP's weights: `config.json` of Hugging Face's, `open_clip_config.json` of open_clip's.
 * What it leaves out is as their classes have it; what would make it another net is refused.
 */
import { FormatError } from '../../../base/errors.ts';
import { stringEntries, type PickleValue } from '../../pickle/records.ts';
import type { SavedSettings } from '../family.ts';

/** What shapes do not tell. */
export interface ClipConfig {
  /** In dalle-gl's words where it has one. */
  readonly activation: string;
  readonly visionHeads: number | undefined;
  readonly textHeads: number | undefined;
}

/** Whether these are settings of a CLIP. */
export function isClipConfig(entries: SavedSettings): boolean {
  if (stringEntries(entries.get('model_cfg'))?.has('vision_cfg')) return true;
  return (
    stringEntries(entries.get('vision_config')) !== undefined && stringEntries(entries.get('text_config')) !== undefined
  );
}

/**
 * What a config says; undefined for settings that are none.
 *
 * @throws FormatError `E_ARCHITECTURE` for a net that dalle-gl does not compute
 */
export function readClipConfig(entries: SavedSettings): ClipConfig | undefined {
  if (!isClipConfig(entries)) return undefined;
  const openClip = stringEntries(entries.get('model_cfg'));
  return openClip ? readOpenClip(openClip) : readHuggingFace(entries);
}

/** Of open_clip's classes; each makes another net of it. */
const OTHER_NETS: readonly string[] = [
  ...['timm_model_name', 'hf_model_name', 'attentional_pool', 'no_ln_pre', 'ls_init_value', 'no_causal_mask'],
  ...['embed_cls', 'norm_kwargs', 'act_kwargs', 'qk_norm', 'input_patchnorm', 'final_ln_after_pool'],
];

function readOpenClip(config: ReadonlyMap<string, PickleValue>): ClipConfig {
  const vision = stringEntries(config.get('vision_cfg')) ?? new Map<string, PickleValue>();
  const text = stringEntries(config.get('text_cfg')) ?? new Map<string, PickleValue>();
  for (const tower of [vision, text]) {
    const other = OTHER_NETS.find((name) => ![undefined, null, false, 0].includes(tower.get(name) as null));
    if (other !== undefined) throw otherNet(other);
  }
  if (!['tok', undefined].includes(vision.get('pool_type') as string)) throw otherNet('pool_type');
  if (!['argmax', undefined].includes(text.get('pool_type') as string)) throw otherNet('pool_type');
  const width = vision.get('width') ?? 768;
  const headWidth = vision.get('head_width') ?? 64;
  return {
    activation: config.get('quick_gelu') === true ? 'quick-gelu' : 'gelu',
    visionHeads: typeof width === 'number' && typeof headWidth === 'number' ? width / headWidth : undefined,
    textHeads: readCount(text.get('heads')) ?? 8,
  };
}

function readHuggingFace(entries: SavedSettings): ClipConfig {
  const towers = ['vision_config', 'text_config'].map((name) => stringEntries(entries.get(name))!);
  const type = entries.get('model_type') ?? 'clip';
  if (type !== 'clip') throw otherNet(`model_type ${String(type).slice(0, 40)}`);
  const [vision, text] = towers.map((tower) => {
    const act = tower.get('hidden_act') ?? 'quick_gelu';
    if (Math.abs(Number(tower.get('layer_norm_eps') ?? 1e-5) - 1e-5) > 1e-12) throw otherNet('layer_norm_eps');
    return {
      act: act === 'quick_gelu' ? 'quick-gelu' : String(act),
      heads: readCount(tower.get('num_attention_heads')),
    };
  });
  if (vision!.act !== text!.act) throw otherNet('two different activations');
  return { activation: vision!.act, visionHeads: vision!.heads ?? 12, textHeads: text!.heads ?? 8 };
}

function readCount(value: PickleValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function otherNet(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: the config beside this CLIP states ${what}, and there is no net for that here. dalle-gl computes CLIP as ` +
      'OpenAI released it, with vision transformers of any size.',
  );
}
