import type { Command, ErrorWire, ReplyWire, ServerMessage } from '@troupe/core/telemetry';
import { describeError } from '@troupe/core/telemetry';
import type { SessionParts } from './parts.ts';
import { CommandRefused } from './refusal.ts';
import { Replays } from './replays.ts';

interface Answer {
  readonly error: ErrorWire | undefined;
  readonly result: ReplyWire;
}

/** What one page may have done. */
export class Commands {
  readonly #parts: SessionParts;
  readonly #replays: Replays;
  #underWay = 0;

  constructor(parts: SessionParts, send: (message: ServerMessage) => void) {
    this.#parts = parts;
    this.#replays = new Replays(parts, send);
  }

  async perform(command: Command): Promise<Answer> {
    this.#underWay += 1;
    try {
      return { error: undefined, result: await this.#perform(command) };
    } catch (error) {
      return { error: describeError(error), result: { kind: 'done' } };
    } finally {
      this.#underWay -= 1;
    }
  }

  /** The page has gone. */
  async end(): Promise<void> {
    await this.#replays.close(true).catch(() => undefined);
  }

  async #perform(command: Command): Promise<ReplyWire> {
    const { telemetry, hasControl, limits, bounds } = this.#parts;
    if (this.#underWay > bounds.commandsMax) {
      throw new CommandRefused(
        'BUSY',
        `${bounds.commandsMax} commands of this page wait for their answers`,
        'Wait for one of them.',
      );
    }
    switch (command.do) {
      case 'replay':
        return this.#replays.open(command.recording);
      case 'seek':
        return this.#replays.seek({ timeNs: command.timeNs });
      case 'seekStep':
        return this.#replays.seek({ step: command.step });
      case 'closeReplay':
        await this.#replays.close();
        return { kind: 'done' };
      case 'path':
        return telemetry.perform(command, limits);
      default:
        if (hasControl) return telemetry.perform(command, limits);
        throw new CommandRefused(
          'READ_ONLY',
          'this page may look, and do nothing to the run',
          'Start it with `--control` (`devtools({ control: true })`).',
        );
    }
  }
}
