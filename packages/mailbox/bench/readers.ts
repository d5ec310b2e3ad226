/**
 * The writer's time per commit with 0, 1, … readers of one ring, all on one thread: only the writer is timed,
 * and the harness advances the readers in between. Publication by 64, as the dispatcher batches it; one
 * element is written per frame, so that the ring's own work is what grows.
 */
import { FrameReader, FrameWriter, Doorbell, allocateDoorbells, allocateFrameRing } from '@troupe/mailbox';

const CAPACITY = 1024;
const FRAME_LENGTH = 16;
const BATCH = 64;

/** Interleaved turns of each number of readers. */
const TURNS = 10;

interface Load {
  readonly quick: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

interface Bench {
  readonly writer: FrameWriter;
  readonly readers: readonly FrameReader[];
}

function bench(readerCount: number): Bench {
  const buffer = allocateFrameRing({ dtype: 'float32', shape: [FRAME_LENGTH], capacity: CAPACITY });
  const block = allocateDoorbells(readerCount + 1);
  const bells = Array.from({ length: readerCount + 1 }, (_, index) => new Doorbell(block, index));
  const readers = Array.from(
    { length: readerCount },
    (_, index) => new FrameReader(buffer, { bell: index + 1, bells }),
  );
  return { writer: new FrameWriter(buffer, bells), readers };
}

/** Fills the ring once. Returns how many frames fitted. */
function fill(writer: FrameWriter): number {
  let commits = 0;
  for (; commits < CAPACITY; commits++) {
    const frame = writer.reserve();
    if (frame === undefined) break;
    frame[0] = commits;
    writer.commit(commits);
    writer.settle();
    if ((commits & (BATCH - 1)) === BATCH - 1) writer.publish(0);
  }
  writer.publish(0);
  return commits;
}

function advanceAll(readers: readonly FrameReader[]): void {
  for (const reader of readers) {
    while (reader.peek() !== undefined) reader.advance();
  }
}

/** The time of `commits` commits in ns, without that of the readers. */
function writerNsPerCommit({ writer, readers }: Bench, commits: number): number {
  let done = 0;
  let spentNs = 0n;
  while (done < commits) {
    const startNs = process.hrtime.bigint();
    done += fill(writer);
    spentNs += process.hrtime.bigint() - startNs;
    advanceAll(readers);
  }
  return Number(spentNs) / done;
}

/**
 * Parameters: `readersMax`, `commits` (timed, of each number of readers). Gives `readers0NsPerCommit`,
 * `readers1NsPerCommit`, …
 */
export async function measure(load: Load): Promise<Record<string, number>> {
  const readersMax = Number(load.parameters['readersMax']);
  const commits = Number(load.parameters['commits']) / (load.quick ? 10 : 1) / TURNS;
  const benches = Array.from({ length: readersMax + 1 }, (_, readers) => bench(readers));
  for (const each of benches) writerNsPerCommit(each, commits);
  const sumsNs = benches.map(() => 0);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [readers, each] of benches.entries()) sumsNs[readers]! += writerNsPerCommit(each, commits);
  }
  return Object.fromEntries(sumsNs.map((sumNs, readers) => [`readers${readers}NsPerCommit`, sumNs / TURNS]));
}
