// Memory for large arrays is asked for in large pages: first touching 400 MB in small ones takes
// as long as reading them from the disk's cache.

internal import Glibc

/// Asks the system to serve `memory` in large pages where it covers some; contents do not matter.
func adviseLargePages(_ memory: UnsafeMutableRawBufferPointer) {
  let page = 2 << 20
  guard memory.count >= 2 * page, let base = memory.baseAddress else { return }
  let start = base.alignedUp(toMultipleOf: page)
  let end = (base + memory.count).alignedDown(toMultipleOf: page)
  if end > start { madvise(start, end - start, MADV_HUGEPAGE) }
}
