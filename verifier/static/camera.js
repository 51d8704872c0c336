// The camera: pictures are read by the browser where it can read QR codes, else by the venue's own server.

const WIDTH = 1600;
const PAUSE = 350;

/** Why there is no picture: "refused", "absent" or "insecure". */
export class CameraError extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

export class Camera {
  #video;
  #stream = null;
  #turn = 0;

  constructor(video) {
    this.#video = video;
  }

  /**
   * Show the camera's picture and read it until something is found or stop() is called.
   * onText is given what the browser read, onPicture a JPEG and answers whether a code was in it.
   */
  async start({ onText, onPicture }) {
    const turn = ++this.#turn;
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("insecure");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch (problem) {
      throw new CameraError(problem.name === "NotAllowedError" ? "refused" : "absent");
    }
    if (turn !== this.#turn) {
      end(stream);
      return;
    }
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    this.#read(turn, await makeDetector(), onText, onPicture);
  }

  /** Turn the camera off and forget its last picture. */
  stop() {
    this.#turn += 1;
    if (this.#stream) end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #read(turn, detector, onText, onPicture) {
    while (turn === this.#turn) {
      if (this.#video.videoWidth > 0) {
        const text = detector ? await detect(detector, this.#video) : null;
        if (turn !== this.#turn) return;
        if (text !== null) return void onText(text);
        if (!detector && (await onPicture(await picture(this.#video)))) return;
      }
      await new Promise((resume) => setTimeout(resume, PAUSE));
    }
  }
}

async function makeDetector() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

async function detect(detector, video) {
  try {
    const found = await detector.detect(video);
    return found.length === 1 ? found[0].rawValue : null;
  } catch {
    // A picture that is not there yet.
    return null;
  }
}

function picture(video) {
  const scale = Math.min(1, WIDTH / video.videoWidth);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((give) => canvas.toBlob(give, "image/jpeg", 0.9));
}

function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
