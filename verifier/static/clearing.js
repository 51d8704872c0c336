// An answer goes away by itself. Whoever uses the page keeps it: any key, touch or movement begins the time
// anew, as often as somebody likes (WCAG 2.2.1).

const ACTIVITY = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove", "focusin"];

export class Clearing {
  #seconds;
  #left = 0;
  #timer = null;
  #onTick;
  #onEnd;

  constructor(seconds, { onTick, onEnd }) {
    this.#seconds = seconds;
    this.#onTick = onTick;
    this.#onEnd = onEnd;
    for (const name of ACTIVITY) addEventListener(name, () => this.extend(), { passive: true, capture: true });
  }

  /** Begin to count. */
  start() {
    this.stop();
    this.#left = this.#seconds;
    this.#onTick(this.#left);
    this.#timer = setInterval(() => this.#count(), 1000);
  }

  /** Begin anew, if it counts. */
  extend() {
    if (this.#timer === null || this.#left === this.#seconds) return;
    this.#left = this.#seconds;
    this.#onTick(this.#left);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #count() {
    this.#left -= 1;
    if (this.#left > 0) return this.#onTick(this.#left);
    this.stop();
    this.#onEnd();
  }
}
