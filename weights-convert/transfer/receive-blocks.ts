/**
 * The body of an answer as it arrives: counted, watched for silence, and with its beginning looked at before anything
 * of it is passed on. A web page called encoder.pkl is refused after its first 512 bytes, not after 200 MB.
 */
import type { AnswerBody } from '../../base/fetch-failure.ts';
import type { FileVersion } from './file-version.ts';
import { describeStandIn } from './stand-in.ts';
import { cutShort, explainFailure, tooLarge, tooLong, type TransferState } from './transfer-failure.ts';

type Block = Uint8Array<ArrayBuffer>;

/** Enough to see a page's first tag. */
const HEAD_BYTES = 512;

interface Arrival extends TransferState {
  readonly body: AnswerBody;
  readonly version: FileVersion;
  /** Where in the file the body begins. */
  readonly from: number;
  readonly maxBytes: number;
}

/** The bytes in order. Throws what `requestFile` promises. */
export function receiveBlocks(arrival: Arrival): AsyncGenerator<Block> {
  // At once: Node empties a body that nobody reads when its Response is garbage, which may be before the first block is
  // asked for.
  const counted = countBlocks(arrival, arrival.body.getReader());
  return arrival.from === 0 ? sniffBlocks(counted, arrival) : counted;
}

async function* countBlocks(arrival: Arrival, reader: ReturnType<AnswerBody['getReader']>): AsyncGenerator<Block> {
  const { address, watch, version, from, maxBytes } = arrival;
  const total = version.bytes;
  let done = from;
  for (;;) {
    const { value } = await watch.during(reader.read()).catch((error: unknown) => {
      throw explainFailure(error, arrival, () => cutShort(address, done, total, error));
    });
    if (!value) break;
    done += value.length;
    if (total !== undefined && done > total) throw tooLong(address, total);
    if (done > maxBytes) throw tooLarge(address, 'more', maxBytes);
    yield value;
  }
  if (total !== undefined && done < total) throw cutShort(address, done, total);
}

/** Holds the first blocks back until they are enough to tell what the file is. */
async function* sniffBlocks(blocks: AsyncIterable<Block>, { address }: Arrival): AsyncGenerator<Block> {
  let head: Block | undefined = new Uint8Array();
  for await (const block of blocks) {
    if (!head) {
      yield block;
      continue;
    }
    head = joinBytes(head, block);
    if (head.length < HEAD_BYTES) continue;
    refuseStandIn(head, address);
    yield head;
    head = undefined;
  }
  if (!head) return;
  refuseStandIn(head, address);
  yield head;
}

function joinBytes(a: Block, b: Block): Block {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function refuseStandIn(head: Block, address: URL): void {
  const error = describeStandIn(head.subarray(0, HEAD_BYTES), `download: ${address.href}`);
  if (error) throw error;
}
