// @ts-check
// Which files may be sent, and what to do with those too heavy.

/** What a browser calls each format the server may name. */
/** @type {Record<string, {types: string[], extension: string}>} */
const FORMATS = {
  JPEG: { types: ['image/jpeg', 'image/jpg', 'image/pjpeg'], extension: 'jpg' },
  PNG: { types: ['image/png'], extension: 'png' },
  BMP: { types: ['image/bmp', 'image/x-ms-bmp'], extension: 'bmp' },
  GIF: { types: ['image/gif'], extension: 'gif' },
  WEBP: { types: ['image/webp'], extension: 'webp' },
};

/** @typedef {Pick<import('./api.js').Limits, 'max_upload_bytes' | 'max_pixels' | 'formats'>} UploadLimits */

/** Taken until the server has told its own. @type {UploadLimits} */
export const USUAL_LIMITS = {
  max_upload_bytes: 4 * 1024 * 1024,
  max_pixels: Infinity,
  formats: Object.keys(FORMATS),
};

/** The names people know: ["jpg", "png"]. @param {string[]} formats as the server names them */
export function extensions(formats) {
  return formats.map((format) => FORMATS[format.toUpperCase()]?.extension ?? format.toLowerCase());
}

/** The accept attribute of a file input. @param {string[]} formats */
export function acceptAttribute(formats) {
  return formats.flatMap((format) => FORMATS[format.toUpperCase()]?.types.slice(0, 1) ?? []).join(',');
}

/** How each format begins; WebP and HEIC say it after the length of their first part. @type {[string, RegExp][]} */
const BEGINNINGS = [
  ['JPEG', /^\xff\xd8\xff/],
  ['PNG', /^\x89PNG\r\n\x1a\n/],
  ['GIF', /^GIF8[79]a/],
  ['BMP', /^BM/],
  ['WEBP', /^RIFF[^]{4}WEBP/],
  ['HEIC', /^[^]{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/],
];

/** The format that the first bytes announce, whatever the file is called; null if none we know. @param {Blob} file */
async function formatOf(file) {
  // A folder, or a file that is gone meanwhile, cannot be read.
  const head = await file.slice(0, 16).arrayBuffer().catch(() => new ArrayBuffer(0));
  const text = String.fromCharCode(...new Uint8Array(head));
  return BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0] ?? null;
}

/**
 * Why a file cannot be sent, or null.
 * @param {Blob} file
 * @param {UploadLimits} limits
 * @returns {Promise<'heic' | 'type' | 'empty' | 'size' | null>}
 */
export async function fileProblem(file, { max_upload_bytes, formats }) {
  if (file.size === 0) return 'empty';
  const format = await formatOf(file);
  const accepted = formats.map((name) => name.toUpperCase());
  if (format === 'HEIC' && !accepted.includes('HEIC')) return 'heic';
  // What we cannot tell, the server can, if it takes more formats than we know.
  const isAccepted = format ? accepted.includes(format) : accepted.some((name) => !(name in FORMATS));
  if (!isAccepted) return 'type';
  return file.size > max_upload_bytes ? 'size' : null;
}

/**
 * The size of an image in pixels, or null if this browser cannot show it.
 * @param {string} url
 * @returns {Promise<{width: number, height: number} | null>}
 */
export function imageSize(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = url;
  });
}

/** @param {{width: number, height: number} | null} size @param {UploadLimits} limits */
export const isTooManyPixels = (size, { max_pixels }) => size !== null && size.width * size.height > max_pixels;

/**
 * The size limit as people write it: 4 for 4 MB, whether a megabyte is counted by 1000 or by 1024.
 * @param {number} bytes
 */
export function megabytes(bytes) {
  const unit = bytes % 100_000 === 0 ? 1_000_000 : 1024 * 1024;
  return Math.floor((bytes / unit) * 10) / 10;
}

const LONGEST_SIDE = 2048;

/**
 * The photo as a lighter JPEG, its longest side 2048 pixels at most. Throws when it cannot be read.
 * @param {File} file
 * @returns {Promise<File>}
 */
export async function shrinkPhoto(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9));
  if (!blob) throw new Error('The canvas gave no image.');
  return new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' });
}

/** The bytes in base64, as JSON carries them. @param {Blob} blob @returns {Promise<string>} */
export function toBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',', 2)[1]);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
