// Decodes pictures with @zxing/library, which shares no code with the writer of our symbols.
// stdin: length of a JSON list (4 bytes, big endian), the list of {kind, wide, high}, then one byte of light a pixel.
// stdout: a JSON list of texts; null where nothing was found.
const zxing = require("@zxing/library");

const FORMATS = {
  qr: zxing.BarcodeFormat.QR_CODE,
  datamatrix: zxing.BarcodeFormat.DATA_MATRIX,
  code128: zxing.BarcodeFormat.CODE_128,
};
const READERS = {
  qr: () => new zxing.QRCodeReader(),
  datamatrix: () => new zxing.DataMatrixReader(),
  code128: () => new zxing.Code128Reader(),
};

function read(one, light) {
  const hints = new Map();
  hints.set(zxing.DecodeHintType.POSSIBLE_FORMATS, [FORMATS[one.kind]]);
  hints.set(zxing.DecodeHintType.TRY_HARDER, true);
  hints.set(zxing.DecodeHintType.CHARACTER_SET, "UTF-8");
  if (one.gs1) hints.set(zxing.DecodeHintType.ASSUME_GS1, true);
  // A telephone looks many times, from near and far: what is not read at the printer's dots is tried at a half to a quarter of them.
  for (const scale of [1, 2, 3, 4]) {
    const text = look(one, smaller(one, light, scale), hints);
    if (text !== null) return text;
  }
  return null;
}

function smaller(one, light, scale) {
  const wide = Math.floor(one.wide / scale);
  const high = Math.floor(one.high / scale);
  if (scale === 1) return new zxing.RGBLuminanceSource(light, wide, high);
  const mean = new Uint8ClampedArray(wide * high);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      let sum = 0;
      for (let dy = 0; dy < scale; dy++) for (let dx = 0; dx < scale; dx++) sum += light[(y * scale + dy) * one.wide + x * scale + dx];
      mean[y * wide + x] = sum / (scale * scale);
    }
  }
  return new zxing.RGBLuminanceSource(mean, wide, high);
}

function look(one, source, hints) {
  for (const Binarizer of [zxing.HybridBinarizer, zxing.GlobalHistogramBinarizer]) {
    try {
      return READERS[one.kind]().decode(new zxing.BinaryBitmap(new Binarizer(source)), hints).getText();
    } catch (error) {
      if (!(error instanceof zxing.Exception)) throw error;
    }
  }
  return null;
}

const input = require("fs").readFileSync(0);
const length = input.readUInt32BE(0);
let at = 4 + length;
const texts = JSON.parse(input.subarray(4, at).toString("utf8")).map((one) => {
  const light = new Uint8ClampedArray(input.subarray(at, at + one.wide * one.high));
  at += one.wide * one.high;
  return read(one, light);
});
process.stdout.write(JSON.stringify(texts));
