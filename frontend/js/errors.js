// @ts-check
// What can go wrong when we ask the server, in one shape.

/** A request that failed. `code` is the server's, or `offline`, `cancelled`, `internal_error`. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {{status?: number, detail?: string, retryAfterSeconds?: number | null}} [facts]
   */
  constructor(code, { status = 0, detail = '', retryAfterSeconds = null } = {}) {
    super(detail || code);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Codes for answers that are not the API's own, such as a proxy's error page. */
/** @type {Record<number, string>} */
const CODE_OF_STATUS = {
  401: 'not_signed_in',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'request_too_large',
  415: 'unsupported_media',
  422: 'unprocessable',
  429: 'too_many_attempts',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/**
 * The error an answer stands for.
 * @param {number} status 0 when no answer came
 * @param {unknown} body parsed JSON, or anything else
 * @param {string | null} [retryAfter] the header: seconds, or an HTTP date
 */
export function toApiError(status, body, retryAfter = null) {
  if (status === 0) return new ApiError('offline');
  const said = /** @type {{error?: unknown, detail?: unknown} | null} */ (
    typeof body === 'object' ? body : null
  );
  const code = typeof said?.error === 'string' ? said.error : (CODE_OF_STATUS[status] ?? 'internal_error');
  const detail = typeof said?.detail === 'string' ? said.detail : '';
  return new ApiError(code, { status, detail, retryAfterSeconds: secondsToWait(retryAfter) });
}

/**
 * @param {string | null} header
 * @returns {number | null}
 */
function secondsToWait(header) {
  if (!header) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - Date.now()) / 1000));
}

/** Whether no answer of the service came, so that it may have done what we asked. @param {unknown} error */
export function isWithoutAnswer(error) {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/** Refusals of what arrived damaged: sent again, it may arrive whole. */
const DAMAGED_ON_THE_WAY = ['form_unreadable', 'image_missing', 'multipart_expected'];

/** Whether the same request may succeed when it is made again. @param {unknown} error */
export function isWorthRetrying(error) {
  if (!(error instanceof ApiError)) return true;
  return isWithoutAnswer(error) || error.status === 408 || error.status === 429 || DAMAGED_ON_THE_WAY.includes(error.code);
}

/**
 * Whether the answer says that our token is of no use any more. A wrong password does not.
 * @param {ApiError} error
 */
export function isSessionOver(error) {
  return error.status === 401 && error.code !== 'credentials_wrong';
}
