/**
 * A turn for others: timers, input, rendering and Ctrl-C get through before work goes on. In browsers by a message,
 * since timers of a hidden tab are held back for a second, and later for a minute. Node, which has setImmediate as
 * browsers have not, holds no timer back, and to wait with one leaves the cores to a software rasteriser.
 */

/** Those who wait for their message, in the order of the messages. */
const waiting: (() => void)[] = [];
let port: MessagePort | undefined;

export function giveTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') return void setTimeout(resolve);
    waiting.push(resolve);
    (port ??= openPort()).postMessage(undefined);
  });
}

function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()!();
  return port2;
}
