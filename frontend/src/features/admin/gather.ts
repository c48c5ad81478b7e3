// Many signs, few answers: runs at once for the first, then at most once in a while for however many come.
export class Gather {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = false;
  private stopped = false;

  constructor(
    private readonly everyMs: number,
    private readonly run: () => void,
  ) {}

  ask(): void {
    if (this.stopped) return;
    if (this.timer !== undefined) {
      this.asked = true;
      return;
    }
    this.timer = setTimeout(() => this.rest(), this.everyMs);
    this.run();
  }

  private rest(): void {
    this.timer = undefined;
    if (!this.asked) return;
    this.asked = false;
    this.ask();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
