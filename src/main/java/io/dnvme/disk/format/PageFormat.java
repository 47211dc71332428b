package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import java.util.function.Consumer;

/** Writes both copies of all pages of a new store, a chunk at a time, and flushes. */
final class PageFormat {

  private static final int CHUNK_BYTES = 1 << 20;

  private final DeviceAccess access;
  private final PageLayout layout;
  private final PageCodec codec;
  private final PageStore.FirstContent first;
  private final Consumer<BlockStatus> done;
  private final int chunkPages;
  private final MemorySegment chunk;

  PageFormat(
      DeviceAccess access,
      PageLayout layout,
      UUID storeId,
      PageStore.FirstContent first,
      Consumer<BlockStatus> done) {
    this.access = access;
    this.layout = layout;
    this.first = first;
    this.done = done;
    codec = new PageCodec(layout, storeId);
    chunkPages = Math.min(CHUNK_BYTES / layout.pageBytes(), layout.pageCount());
    chunk = DeviceAccess.allocate((long) chunkPages * layout.pageBytes());
  }

  void start() {
    writeChunk(0);
  }

  private void writeChunk(int firstPage) {
    if (firstPage >= layout.pageCount()) {
      access.flush(done);
      return;
    }
    int pages = Math.min(chunkPages, layout.pageCount() - firstPage);
    chunk.fill((byte) 0);
    for (int i = 0; i < pages; i++) {
      long at = (long) i * layout.pageBytes();
      first.fill(firstPage + i, chunk, at + PageCodec.HEADER_BYTES);
      codec.seal(chunk, at, firstPage + i, PageCodec.FIRST_SEQUENCE);
    }
    var copies =
        new Joined(status -> {
          if (status.isSuccess()) {
            writeChunk(firstPage + pages);
          } else {
            done.accept(status);
          }
        });
    for (int copy = 0; copy < PageLayout.COPIES; copy++) {
      long block = layout.block(firstPage, copy, access.geometry());
      access.write(block, chunk, 0, (long) pages * layout.pageBytes(), copies.another());
    }
    copies.allStarted();
  }
}
