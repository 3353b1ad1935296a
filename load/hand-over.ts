/**
 * Files become a net's: whoever opened them owns them until the net is made, and closes them if it cannot be. From then
 * on the net's session does (nets/plans.ts).
 */
interface Files {
  close(): Promise<void>;
}

/** What `make` makes of the files. */
export async function handOver<Opened extends Files, Net>(
  files: Opened,
  make: (files: Opened) => Net | Promise<Net>,
): Promise<Net> {
  try {
    return await make(files);
  } catch (error) {
    await files.close();
    throw error;
  }
}
