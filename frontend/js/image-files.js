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

/** Taken until the server has told its own. */
export const USUAL_LIMITS = {
  max_upload_bytes: 4 * 1024 * 1024,
  max_pixels: 0,
  formats: Object.keys(FORMATS),
  max_batch_images: 1,
  min_password_length: 8,
};

/** The names people know: ["jpg", "png"]. @param {string[]} formats as the server names them */
export function extensions(formats) {
  return formats.map((format) => FORMATS[format.toUpperCase()]?.extension ?? format.toLowerCase());
}

/** The accept attribute of a file input. @param {string[]} formats */
export function acceptAttribute(formats) {
  return formats.flatMap((format) => FORMATS[format.toUpperCase()]?.types.slice(0, 1) ?? []).join(',');
}

/**
 * Why a file cannot be sent, or null. A file without a type is let through: the server looks inside.
 * @param {{name: string, type: string, size: number}} file
 * @param {{max_upload_bytes: number, formats: string[]}} limits
 * @returns {'heic' | 'type' | 'empty' | 'size' | null}
 */
export function fileProblem(file, { max_upload_bytes, formats }) {
  if (/hei[cf]/i.test(file.type) || /\.hei[cf]$/i.test(file.name)) return 'heic';
  const types = formats.flatMap((format) => FORMATS[format.toUpperCase()]?.types ?? []);
  if (file.type && !types.includes(file.type.toLowerCase())) return 'type';
  if (file.size === 0) return 'empty';
  return file.size > max_upload_bytes ? 'size' : null;
}

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
