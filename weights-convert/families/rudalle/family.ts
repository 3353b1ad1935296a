/**
 * ai-forever/ru-dalle: a transformer over a Gumbel VQGAN, known by the names of its modules. There is no net for it
 * yet.
 */
import type { Family } from '../family.ts';

export const rudalle: Family = {
  name: 'rudalle',
  known: [
    {
      name: "ruDALL-E's transformer",
      note: 'it draws through a VQGAN, and there is no net for this yet',
      isSupported: false,
      tensors: [
        'image_row_embeddings.weight:2',
        'image_col_embeddings.weight:2',
        'transformer.layers.0.attention.query_key_value.weight:2',
      ],
    },
  ],
};
