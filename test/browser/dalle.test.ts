/** Text to picture in Chromium: the tokens that PyTorch draws, and the page that people use. */
import { expect, test, vi } from 'vitest';
import { sourceFromBlob } from '../../convert.ts';
import { loadDalle, open } from '../../index.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';

/** The server of the tests has the repository as its root. */
const address = (path: string): URL => new URL(path, location.origin);

test('loadDalle from an address draws the greedy tokens of PyTorch', async () => {
  const reference = await (await fetch(address('test/data/emoji-dalle/reference.safetensors'))).blob();
  const { tensors } = await openSafetensors(sourceFromBlob(reference, 'reference'));
  const greedy = await tensors.get('greedy')!.read();
  const device = await open({ device: 'webgl' });
  const dalle = await loadDalle(address('models/emoji'), { device });
  for await (const { step, tokens } of dalle.generate('red heart', { count: 1, seed: 1, topK: 1 })) {
    if (step < 20) continue;
    expect([...tokens.data.slice(0, 20)]).toEqual([...greedy.slice(0, 20)]);
    break;
  }
  await dalle.dispose();
  device.dispose();
});

test('the page draws, grows, and stops when told to', async () => {
  const frame = document.createElement('iframe');
  const loaded = new Promise((resolve) => (frame.onload = resolve));
  frame.src = address('page/index.html').pathname;
  document.body.append(frame);
  await loaded;
  const page = frame.contentDocument!;
  const find = <Found extends Element>(selector: string): Found => page.querySelector<Found>(selector)!;
  const status = find('[role=status]');
  const canvas = find<HTMLCanvasElement>('canvas');
  expect(page.body.textContent).toContain('not OpenAI’s');

  find<HTMLInputElement>('input[name=text]').value = 'red heart';
  find<HTMLInputElement>('input[name=count]').value = '1';
  find<HTMLButtonElement>('button[name=draw]').click();
  await vi.waitUntil(() => canvas.width === 128, { timeout: 50_000 });
  expect(status.textContent).toMatch(/^\d+ of 256 tokens, \d+ a second$/);
  // The last row is not drawn yet.
  expect([...canvas.getContext('2d')!.getImageData(0, 127, 1, 1).data]).toEqual([255, 255, 255, 255]);
  find<HTMLButtonElement>('button[name=cancel]').click();
  await vi.waitUntil(() => status.textContent === 'Cancelled.', { timeout: 20_000 });

  find<HTMLInputElement>('input[name=text]').value = 'red '.repeat(30);
  find<HTMLButtonElement>('button[name=draw]').click();
  await vi.waitUntil(() => status.textContent!.includes('30 tokens and this model reads 16'), { timeout: 20_000 });
  frame.remove();
});
