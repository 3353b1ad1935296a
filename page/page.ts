/**
 * The page: a text and a seed become pictures that grow. The model is loaded when it is first wanted, and the page
 * stays alive while it draws, so that Cancel works at once.
 */
import {
  AbortedError,
  ContextError,
  composeGrid,
  fromPixels,
  loadDalle,
  open,
  type Dalle,
  type Picture,
} from '../index.ts';

const form = find<HTMLFormElement>('form');
const status = find<HTMLElement>('[role=status]');
const canvas = find<HTMLCanvasElement>('canvas');
const draw = find<HTMLButtonElement>('button[name=draw]');
const cancel = find<HTMLButtonElement>('button[name=cancel]');

let model: Promise<Dalle> | undefined;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void showDrawing(new FormData(form));
});

async function showDrawing(request: FormData): Promise<void> {
  const controller = new AbortController();
  cancel.onclick = () => controller.abort();
  draw.disabled = true;
  cancel.disabled = false;
  try {
    status.textContent = 'Loading the model, 13 MB…';
    model ??= openModel();
    await drawPictures(await model, request, controller.signal);
  } catch (error) {
    // A lost context does not come back: the next drawing opens another one.
    if (error instanceof ContextError) model = undefined;
    status.textContent = error instanceof AbortedError ? 'Cancelled.' : String(error);
  } finally {
    draw.disabled = false;
    cancel.disabled = true;
  }
}

async function openModel(): Promise<Dalle> {
  try {
    return await loadDalle('/models/emoji', { device: await open() });
  } catch (error) {
    model = undefined;
    throw error;
  }
}

async function drawPictures(dalle: Dalle, request: FormData, signal: AbortSignal): Promise<void> {
  const text = String(request.get('text'));
  const options = { seed: Number(request.get('seed')), count: Number(request.get('count')), imageEvery: 4, signal };
  status.textContent = 'Preparing: the first drawing compiles its shaders…';
  let first: { step: number; at: number } | undefined;
  for await (const { step, total, image } of dalle.generate(text, options)) {
    first ??= { step, at: performance.now() };
    const rate = (1000 * (step - first.step)) / (performance.now() - first.at);
    if (step > first.step) status.textContent = `${step} of ${total} tokens, ${rate.toFixed(0)} a second`;
    if (image) paint(composeGrid(fromPixels(image.data, image.shape)));
  }
}

function paint({ data, width, height }: Picture): void {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.data.set(data.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    image.data[4 * pixel + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}

function find<Found extends Element>(selector: string): Found {
  return document.querySelector<Found>(selector)!;
}
