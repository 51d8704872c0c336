// A hand scanner is a keyboard that types faster than anybody, and ends with Enter. It works anywhere on the
// page, whatever has the focus; what a person types is left alone.

// Milliseconds between two keys of one scan. A busy device may pause in the middle; on average nobody types so fast.
const LONGEST_GAP = 600;
const AVERAGE_GAP = 50;
const SHORTEST = 16; // characters
const LONGEST = 20000;

/** Call onScan with what a scanner typed, unless what has the focus is one that isTaking. */
export function watchScanner(onScan, isTaking) {
  let typed = "";
  let began = 0;
  let last = 0;

  function forget() {
    typed = "";
  }

  addEventListener(
    "keydown",
    (event) => {
      if (isTaking(event.target)) return forget();
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return forget();
      const inBurst = typed !== "" && event.timeStamp - last <= LONGEST_GAP;
      if (event.key === "Enter") {
        const text = typed;
        const isScan =
          inBurst && text.length >= SHORTEST && (event.timeStamp - began) / text.length <= AVERAGE_GAP;
        forget();
        if (!isScan) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        onScan(text);
        return;
      }
      if (event.key.length !== 1) return;
      if (!inBurst) {
        typed = "";
        began = event.timeStamp;
      }
      last = event.timeStamp;
      if (typed.length < LONGEST) typed += event.key;
      // The space in a scan must neither scroll the page nor press a button.
      if (typed.length > 1 && !isField(event.target)) event.preventDefault();
    },
    true,
  );

  addEventListener(
    "keyup",
    (event) => {
      if (event.key === " " && typed.length > 1 && !isField(event.target)) event.preventDefault();
    },
    true,
  );
}

function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
