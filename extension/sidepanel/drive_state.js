// @ts-check
// Google Drive's dialog: how what the person does and what the background answers change what is shown.

/** @typedef {import("./types.js").PanelState} PanelState */
/** @typedef {import("./types.js").Drive} Drive */
/** @typedef {import("./types.js").DriveFile} DriveFile */

/** What requests are about; see `failures` and `asking` of the state. */
export const DriveSubjects = Object.freeze({ ACCOUNT: "drive-account", LIST: "drive-list", INSERT: "drive-insert" });

/** Places of a Drive that are no folders, by the ids that stand for them, with the keys of their names. */
export const PLACES = Object.freeze([
  { id: "root", key: "drive_place_root" },
  { id: "sharedWithMe", key: "drive_place_shared_with_me" },
  { id: "sharedDrives", key: "drive_place_shared_drives" },
]);

/** @type {Drive} */
const CLOSED = {
  known: false,
  available: false,
  account: null,
  folderId: PLACES[0].id,
  query: "",
  path: [{ id: PLACES[0].id, name: "" }],
  files: null,
  nextPageToken: null,
  chosen: [],
  inserting: "",
  notice: "",
};

/** @param {PanelState} state @returns {PanelState} */
export function opened(state) {
  return { ...withoutDriveFailures(state), drive: CLOSED };
}

/** @param {PanelState} state @returns {PanelState} */
export function closed(state) {
  return { ...withoutDriveFailures(state), drive: null };
}

/**
 * @param {Partial<Drive>} values
 * @returns {(state: PanelState) => PanelState} nothing changes when the dialog was closed meanwhile
 */
export function setDrive(values) {
  return (state) => (state.drive ? { ...state, drive: { ...state.drive, ...values } } : state);
}

/** Shows that a listing is being fetched. @param {string} folderId @param {string} query */
export function listing(folderId, query) {
  return setDrive({ folderId, query, files: null, nextPageToken: null, notice: "" });
}

/**
 * @param {{files: DriveFile[], nextPageToken: string | null, path: Drive["path"]}} page
 * @param {boolean} more whether it comes after what is there
 * @returns {(state: PanelState) => PanelState}
 */
export function listed({ files, nextPageToken, path }, more) {
  return (state) => {
    const { drive } = state;
    if (!drive) return state;
    const before = more ? (drive.files ?? []) : [];
    const there = new Set(before.map(({ id }) => id));
    const fresh = files.filter(({ id }) => !there.has(id) && there.add(id));
    const where = path.length ? path : drive.path;
    return { ...state, drive: { ...drive, files: [...before, ...fresh], nextPageToken, path: where } };
  };
}

/** Chooses a file, or takes that back. @param {DriveFile} file @returns {(state: PanelState) => PanelState} */
export function toggled(file) {
  return (state) => {
    const { drive } = state;
    if (!drive || !file.readable || drive.inserting) return state;
    const others = drive.chosen.filter(({ id }) => id !== file.id);
    const chosen = others.length < drive.chosen.length ? others : [...others, file];
    return { ...state, drive: { ...drive, chosen } };
  };
}

/** The question has a file. @param {DriveFile} file @param {any} attachment @returns {(state: PanelState) => PanelState} */
export function inserted(file, attachment) {
  return (state) => ({
    ...state,
    attachments: [...state.attachments, { ...attachment, status: "ready", error: null }],
    drive: state.drive && { ...state.drive, chosen: state.drive.chosen.filter(({ id }) => id !== file.id) },
  });
}

/** @param {PanelState} state @returns {PanelState} */
function withoutDriveFailures(state) {
  const subjects = /** @type {string[]} */ (Object.values(DriveSubjects));
  const kept = Object.entries(state.failures).filter(([about]) => !subjects.includes(about));
  return { ...state, failures: Object.fromEntries(kept) };
}
