/** Errors in the user's language: the sidecar's own words in English, by kind and context in Russian. */
import { isRpcError, type ErrorKind } from "../generated/client";
import { language } from ".";

const RUSSIAN: Record<ErrorKind, string> = {
  busy: "Слишком много запросов сразу",
  cancelled: "Отменено",
  connectionLost: "Связь с движком потеряна",
  decoderCrashed: "Декодер завершился на файле {path}",
  dependencyMissing: "Не установлено: {name}",
  diskFull: "На диске нет места: {path}",
  effectInvalid: "Эффект «{type}»: {detail}",
  effectUnknown: "Нет эффекта «{type}»",
  encoderUnavailable: "Кодировщик {encoder} недоступен: {detail}",
  ffmpegCrashed: "FFmpeg аварийно завершился",
  ffmpegFailed: "FFmpeg не справился: {detail}",
  ffmpegNotFound: "FFmpeg не найден: {detail}",
  internal: "Внутренняя ошибка",
  invalidParams: "Неверные параметры {path}: {detail}",
  invalidProject: "Это не проект: {detail}",
  invalidRequest: "Неверный запрос: {detail}",
  jobNotFound: "Нет задания {jobId}",
  jobState: "Задание в состоянии {state}",
  limitExceeded: "Превышен предел: {what} — {value} при допустимых {limit}",
  mediaEncrypted: "Файл зашифрован: {path}",
  mediaNotFound: "Нет файла {path}",
  mediaUnreadable: "Файл не читается: {path}",
  mediaUnsupported: "Файл не поддерживается: {path} ({detail})",
  notCopyable: "Нельзя скопировать без кодирования: {detail}",
  notInitialized: "Соединение ещё не открыто",
  notSupported: "Не поддерживается: {what}",
  nothingToRender: "Линейка пуста",
  outputExists: "Файл уже есть: {path}",
  outputUnwritable: "Не удаётся записать {path}: {detail}",
  permissionDenied: "Нет доступа: {path}",
  projectConflict: "Проект изменён в другом месте",
  projectNotFound: "Нет файла {path}",
  projectNotOpen: "Проект не открыт",
  renderFailed: "Вывод не удался: {detail}",
  resourceLimit: "Нужно больше ресурсов, чем можно: {what}",
  settingsInvalid: "Неверная настройка {key}: {detail}",
  shuttingDown: "Движок завершается",
  sourceChanged: "Файл изменился во время чтения: {path}",
  stalled: "{what}: нет ответа {seconds} с",
  timeout: "{operation}: дольше {seconds} с",
  unsupportedProtocol: "Движок другой версии",
  unsupportedSchema: "Проект записан более новой версией: {needed}",
};

/** What went wrong, in a sentence. */
export function errorText(error: unknown): string {
  if (!isRpcError(error)) return error instanceof Error ? error.message : String(error);
  if (language.getState().language === "en") return error.message;
  const context: Record<string, unknown> = { ...error.data.context };
  return RUSSIAN[error.data.kind].replaceAll(/\{(\w+)\}/gu, (whole, name: string) => (name in context ? String(context[name]) : whole));
}

/** What to do about it, where the sidecar says so; it says it in English. */
export function suggestionOf(error: unknown): string | null {
  return isRpcError(error) && language.getState().language === "en" ? error.data.suggestion : null;
}
