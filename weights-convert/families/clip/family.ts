/**
 * CLIP: OpenAI's own TorchScript archives and state dicts, open_clip's, and Hugging Face's. A model folder has OpenAI's
 * names, and so has what is written back, a state dict that `clip.load` takes.
 */
import type { ClipArchitecture } from '../../../nets/clip/architecture.ts';
import type { Family } from '../family.ts';
import { CLIP_MODELS } from './known-models.ts';
import { CLIP } from '../../../nets/tokenizer/clip-form.ts';
import { isClipConfig } from './config.ts';
import { officialName, regroup, whyLeftOut } from './names.ts';
import { ACTIVATION_MODULES, inferClip } from './read-architecture.ts';

const ACTIVATION_NOTE = 'where the file does not say its activation, its config or --activation does';

export const clip: Family<ClipArchitecture> = {
  name: 'clip',
  known: [
    {
      name: "a CLIP in OpenAI's or open_clip's names",
      note: ACTIVATION_NOTE,
      isSupported: true,
      tensors: ['visual.proj:2', 'visual.class_embedding:1', 'token_embedding.weight:2'],
    },
    {
      name: "a CLIP of open_clip's, its text apart",
      note: ACTIVATION_NOTE,
      isSupported: true,
      tensors: ['visual.proj:2', 'visual.class_embedding:1', 'text.token_embedding.weight:2'],
    },
    {
      name: 'a CLIP as Hugging Face names it',
      note: ACTIVATION_NOTE,
      isSupported: true,
      tensors: ['vision_model.embeddings.class_embedding:1', 'text_model.embeddings.token_embedding.weight:2'],
    },
    {
      name: 'a CLIP with a ResNet (RN50, RN101, RN50x4 and so on)',
      note: 'there is no net for its pictures here; take one with a vision transformer, such as ViT-B-32.pt',
      isSupported: false,
      tensors: ['visual.attnpool.positional_embedding:2', 'visual.layer1.0.conv1.weight:4'],
    },
  ],
  models: CLIP_MODELS,
  tokenizers: [{ type: CLIP }],
  form: {
    reads: 'CLIPs with a vision transformer as OpenAI (ViT-B-32.pt), open_clip and Hugging Face publish them',
    anchors: [
      ...['token_embedding.weight', 'text.token_embedding.weight'].map((name) => ({
        name,
        beside: ['visual.class_embedding', 'visual.conv1.weight'],
        part: 'clip' as const,
      })),
      {
        name: 'vision_model.embeddings.class_embedding',
        beside: ['text_model.embeddings.token_embedding.weight'],
        part: 'clip',
      },
    ],
    isInPrograms: true,
    settings: ACTIVATION_MODULES,
    settingsFile: {
      part: 'clip',
      isSuch: isClipConfig,
      companion: 'for a CLIP together with its config.json',
      alone:
        "what lies beside a CLIP's weights, without the weights. Name them too, as in " +
        'dalle-gl convert model.safetensors config.json tokenizer.json -o DIR.',
    },
    ownName: officialName,
    regroup,
    readArchitecture: inferClip,
    whyLeftOut,
    owns: (architecture) => architecture.kind === 'clip',
  },
};
