/**
 * One example of a data set: a scene and captions of it, as a function of the seed, the split and the index. Of no
 * captions, the plain one is given, which leaves nothing out: scores are of what it asks for.
 */
import { describePlainly, describeScene } from './caption.mjs';
import { chooseScene, SPLITS } from './world.mjs';

/** Random numbers that an example may use. A scene that is chosen again and again has used a hundred at most. */
const NUMBERS = 2 ** 16;

/** `uniformAt(seed, index)` is the package's: a number in [0, 1), with no state in between. */
export function makeExample(uniformAt, { seed, split = 'seen', index, captions = 1 }) {
  let at = (SPLITS.indexOf(split) * 2 ** 30 + index) * NUMBERS;
  const uniform = () => uniformAt(seed, at++);
  const scene = chooseScene(uniform, split);
  if (captions === 0) return { scene, captions: [describePlainly(scene)] };
  return { scene, captions: Array.from({ length: captions }, () => describeScene(scene, uniform)) };
}
