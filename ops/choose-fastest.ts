/** Choosing by time: the logic of calibration, which knows neither devices nor kernels. */

/** A candidate must be this much faster than the best before it: less is noise. */
const clearWin = 1.1;

/**
 * The fastest candidate. The first is the default: it is measured first, measured again before it is left, since it may
 * have been held up the first time, and only left for a clear win.
 *
 * @param measure gives a time, undefined once there is no time left: what is not measured is not chosen. It may stop
 *   early where that is hopelessly above `best`, the least so far, and may take the least of all it measured of one
 */
export async function chooseFrom<Candidate>(
  candidates: readonly [Candidate, ...Candidate[]],
  measure: (candidate: Candidate, best: number) => Promise<number | undefined>,
): Promise<Candidate> {
  const [first, ...others] = candidates;
  let chosen = first;
  let best = others.length > 0 ? await measure(first, Infinity) : undefined;
  for (const candidate of others) {
    const time = best === undefined ? undefined : await measure(candidate, best);
    if (best === undefined || time === undefined) break;
    if (time * clearWin >= best) continue;
    const again = await measure(chosen, Infinity);
    if (again === undefined) break;
    best = Math.min(best, again);
    if (time * clearWin >= best) continue;
    chosen = candidate;
    best = time;
  }
  return chosen;
}
