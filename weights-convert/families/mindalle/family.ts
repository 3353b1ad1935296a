/** kakaobrain/minDALL-E: a transformer over a VQGAN, known by the names of its modules. There is no net for it yet. */
import type { Family } from '../family.ts';

export const mindalle: Family = {
  name: 'mindalle',
  known: [
    {
      name: "minDALL-E's transformer",
      note: 'it draws through a VQGAN, and there is no net for this yet',
      isSupported: false,
      tensors: ['tok_emb_txt.weight:2', 'tok_emb_img.weight:2', 'head_txt.weight:2', 'head_img.weight:2'],
    },
  ],
};
