/**
 * Layout of the memory below the device's arena. The compiler puts no static data there (these files hold no strings,
 * arrays or objects) and the stub runtime has no stack of its own, so that everything from address 64 on is ours.
 */

/** Depth of a packed block of a product. */
export const DEPTH: i32 = 320;
/** Rows of op(a) packed at a time. */
export const BLOCK_ROWS: i32 = 256;
/** Columns of op(b) packed at a time. */
export const BLOCK_COLUMNS: i32 = 128;

/** Counters that a random fill encrypts at a time. */
export const COUNTERS: i32 = 64;
/** Their first words, followed by their second words. */
export const WORDS: usize = 64;
export const PACKED_A: usize = WORDS + 2 * COUNTERS * 4;
export const PACKED_B: usize = PACKED_A + DEPTH * BLOCK_ROWS * 4;
/** Nonzero values that a sparse product works on at a time. */
export const EVENTS: i32 = 256;
/** Where the row for each of them begins, and then the values. */
export const EVENT_LIST: usize = PACKED_B + DEPTH * BLOCK_COLUMNS * 4;
/** Values that are compared at a time, to list those that changed, and rows of them. */
export const CHANGES: i32 = 65536;
export const CHANGED_ROWS: i32 = 511;
/** Where the changes of each row begin, and then the changes. */
export const CHANGE_STARTS: usize = EVENT_LIST + 2 * EVENTS * 4;
export const CHANGE_LIST: usize = CHANGE_STARTS + (CHANGED_ROWS + 1) * 4;
/** Lists of a block's rows, which take the place of PACKED_A: of at most 192 entries of 8 bytes each. */
export const LIST_ROWS: i32 = 208;
/** Where each of them starts and ends. */
export const LIST_STARTS: usize = CHANGE_LIST + CHANGES * 8;
export const LIST_ENDS: usize = LIST_STARTS + LIST_ROWS * 4;
/** Where the arena begins: a multiple of 64. */
export const ARENA_START: usize = LIST_ENDS + LIST_ROWS * 4;
