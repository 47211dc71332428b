package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockIoPool;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * A member whose blocks have checksums at rest: a block that is not what was written is a read
 * fault, so that the group repairs it from another member (NO-SILENT-LOSS). Wraps the member's
 * whole device; the header passes through.
 *
 * <pre>
 *   write   data written ─► checksums changed in memory          flush   changed pages written ─► flush
 *   read, compare    data read ─► compared with its checksum, where the block is vouched for
 * </pre>
 *
 * <p>A crash may leave data newer than its checksum, or the other way round, in dirty regions only:
 * pages reach the medium before a flush does, and regions are cleaned after one (INTENT). After a
 * takeover such a region is {@linkplain #distrust distrusted}, but for blocks that are {@linkplain
 * #judge judged} to be right, until its checksums are {@linkplain #recompute computed} anew.
 *
 * <p>Where one copy of a page of checksums is damaged, the other one may be older than the data: a
 * difference is a fault all the same, which the group repairs, but it says nothing of the medium
 * ({@link #wasFaultUnsure}).
 *
 * <p>A FUA write, and a flush whose checksums the medium refuses, make the data durable without
 * them: that is all that a host is told (ACK). Its region stays dirty until a flush has them too
 * (INTENT), and what is dirty is compared with nothing after a takeover. For commands of one
 * reactor.
 */
public final class ChecksumDevice implements BlockDevice {

  /** 4 MiB of checksums: those of 4 GiB in blocks of 4 KiB. */
  public static final int DEFAULT_CACHED_PAGES = 1024;

  private static final int COMMANDS = 1 << 16;

  private final BlockDevice inner;
  private final MemberLayout layout;
  private final LongConsumer rotFound;
  private final ChecksumPages pages;
  private final ChecksumCompares compares;
  private final BlockIoPool pool;
  private final BlockChecksums checksums;
  private final DistrustedRegions distrusted;
  private final FailedWrites failedWrites;
  private final BlockIo.Completion read = this::read;
  private final BlockIo.Completion written = this::written;
  private final BlockIo.Lender lender = this::reclaim;
  private boolean faultUnsure;
  private boolean dataFlushed;

  // Asked for with every command.
  private DeviceTraits below;
  private DeviceTraits traits;

  /**
   * @param inner the member's whole device; closed with this one
   * @param cachedPages at least 2
   * @param memory has room for them
   * @param rotFound told of each block of the group's data that is not what was written
   */
  public ChecksumDevice(
      BlockDevice inner,
      MemberLayout layout,
      Reactor reactor,
      int cachedPages,
      ChecksumMemory memory,
      LongConsumer rotFound) {
    if (!layout.checksums()) {
      throw new IllegalArgumentException("the group keeps no checksums: " + layout);
    }
    if (cachedPages < 2) {
      throw new IllegalArgumentException("at least 2 pages are kept, not " + cachedPages);
    }
    this.inner = inner;
    this.layout = layout;
    this.rotFound = rotFound;
    pages = new ChecksumPages(inner, layout, reactor, cachedPages, memory);
    compares = new ChecksumCompares(this, reactor);
    pool = new BlockIoPool(reactor, COMMANDS);
    checksums = new BlockChecksums(layout.blockSizeBytes());
    distrusted = new DistrustedRegions(inner, layout, reactor, pages, pool, checksums);
    failedWrites =
        new FailedWrites(inner, layout, reactor, pages, checksums, distrusted, this::finish);
  }

  @Override
  public BlockGeometry geometry() {
    return inner.geometry();
  }

  @Override
  public DeviceTraits traits() {
    DeviceTraits now = inner.traits();
    if (now != below) {
      below = now;
      // Checksums are of a write's data once it is written, and flushes mean something.
      traits =
          new DeviceTraits(
              now.lendsReads(), false, true, now.deallocates(), now.maxTransferBytes());
    }
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    long start = io.startBlock() - layout.dataStartBlock();
    if (io.op() == BlockOp.FLUSH) {
      flush(io);
    } else if (io.blockCount() == 0
        || !inner.geometry().contains(io.startBlock(), io.blockCount())
        || start + io.blockCount() <= 0) {
      inner.submit(io);
    } else if (start < 0
        || start + io.blockCount() > layout.dataBlocks()
        || io.op() == BlockOp.COMPARE_AND_WRITE) {
      io.complete(BlockStatus.INVALID);
    } else if (io.op() == BlockOp.COMPARE) {
      compares.submit(io);
    } else {
      BlockIo child = pool.tryAcquire();
      if (child == null) {
        io.complete(BlockStatus.BUSY);
      } else if (io.op() == BlockOp.READ) {
        read(io, child);
      } else {
        write(io, child, start);
      }
    }
  }

  @Override
  public void close() {
    end();
    inner.close();
  }

  /** Nothing comes any more: others may have its memory. What is under way still ends. */
  public void end() {
    compares.end();
    pages.end();
  }

  /**
   * Pages of checksums of which a copy was damaged; where both were, nothing vouches for blocks.
   */
  public long damagedPages() {
    return pages.damaged();
  }

  /**
   * Pieces of compares that the medium has answered: compares are carried out one after another,
   * and one may wait for as long as this goes on. On its reactor.
   */
  public long comparedPieces() {
    return compares.pieces();
  }

  private void flush(BlockIo io) {
    distrusted.forgetLeft(status -> {
      if (status.isSuccess()) {
        writeAndFlush(io);
      } else {
        flushDataOnly(io, status);
      }
    });
  }

  private void writeAndFlush(BlockIo io) {
    pages.writeChanged(status -> {
      if (status.isSuccess()) {
        inner.submit(io);
      } else {
        flushDataOnly(io, status);
      }
    });
  }

  /**
   * The data can be made durable all the same.
   *
   * @param why the checksums cannot
   */
  private void flushDataOnly(BlockIo io, BlockStatus why) {
    BlockIo child = pool.tryAcquire();
    if (child == null) {
      io.complete(why);
      return;
    }
    child
        .prepare(BlockOp.FLUSH, 0, 0)
        .onCompletion(
            flushed -> {
              boolean durable = flushed.status().isSuccess();
              pool.giveBack(flushed);
              dataFlushed = durable;
              io.complete(why);
              dataFlushed = false;
            },
            null);
    inner.submit(child);
  }

  /**
   * Whether the flush that is being told of failed for the checksums alone: what was written is
   * durable, but the next owner must not compare it with what the medium says (INTENT). Asked
   * within the completion.
   */
  public boolean wasDataFlushed() {
    return dataFlushed;
  }

  private void read(BlockIo io, BlockIo child) {
    child.prepare(BlockOp.READ, io.startBlock(), io.blockCount());
    child.forceUnitAccess(io.forceUnitAccess());
    child.data().addPart(io.data(), 0, io.data().lengthBytes());
    child.onCompletion(read, io);
    inner.submit(child);
  }

  private void read(BlockIo child) {
    var io = (BlockIo) child.context();
    if (child.status().isSuccess()) {
      verify(io, child, 0);
    } else {
      faultUnsure = false;
      finish(io, child, child.status());
    }
  }

  /** Compares from the {@code from}th block of the command on; loads pages on the way. */
  private void verify(BlockIo io, BlockIo child, int from) {
    long start = io.startBlock() - layout.dataStartBlock();
    boolean good = true;
    boolean unsure = true;
    for (int i = from; i < io.blockCount(); i++) {
      long index = (start + i) / ChecksumPage.ENTRIES;
      ChecksumPages.Page page = pages.get(index);
      if (page == null) {
        if (!good) {
          break;
        }
        int next = i;
        pages.load(
            index,
            status -> {
              if (status.isSuccess()) {
                verify(io, child, next);
              } else {
                finish(io, child, status);
              }
            });
        return;
      }
      int known = page.get((int) ((start + i) % ChecksumPage.ENTRIES));
      if (known != 0 && !isDistrusted(start + i) && known != checksums.of(child.data(), i)) {
        good = false;
        unsure &= page.isUnsure();
        rotFound.accept(start + i);
      }
    }
    faultUnsure = !good && unsure;
    finish(io, child, good ? BlockStatus.SUCCESS : BlockStatus.READ_FAULT);
  }

  /**
   * Whether the read fault that is being told of came from checksums that may be older than the
   * data: no reason to call the medium bad. Asked within the completion.
   */
  public boolean wasFaultUnsure() {
    return faultUnsure;
  }

  /** What a block's checksum should be; 0 where nothing that is at hand vouches for it. */
  public int vouchedChecksum(long block) {
    ChecksumPages.Page page = pages.get(block / ChecksumPage.ENTRIES);
    boolean known = page != null && !page.isUnsure() && !isDistrusted(block);
    return known ? page.get((int) (block % ChecksumPage.ENTRIES)) : 0;
  }

  /** The checksum of a block's content in memory, as {@link #vouchedChecksum} has it. */
  public int checksum(MemorySegment memory, long offsetBytes) {
    return checksums.of(memory, offsetBytes);
  }

  private void write(BlockIo io, BlockIo child, long start) {
    child.prepare(io.op(), io.startBlock(), io.blockCount());
    child.forceUnitAccess(io.forceUnitAccess()).mayDeallocate(io.mayDeallocate());
    child.data().addPart(io.data(), 0, io.data().lengthBytes());
    child.onCompletion(written, io);
    loadThenWrite(io, child, start / ChecksumPage.ENTRIES);
  }

  /** Pages that cannot be had end the write before anything changes. */
  private void loadThenWrite(BlockIo io, BlockIo child, long from) {
    long end = io.startBlock() - layout.dataStartBlock() + io.blockCount();
    for (long index = from; index * ChecksumPage.ENTRIES < end; index++) {
      if (pages.get(index) == null) {
        long next = index + 1;
        pages.load(
            index,
            status -> {
              if (status.isSuccess()) {
                loadThenWrite(io, child, next);
              } else {
                finish(io, child, status);
              }
            });
        return;
      }
    }
    inner.submit(child);
  }

  private void written(BlockIo child) {
    var io = (BlockIo) child.context();
    BlockStatus status = child.status();
    switch (status) {
      case SUCCESS -> vouch(io, child, 0);
      // Nothing was done.
      case BUSY -> finish(io, child, status);
      case PATH_LOST, FAILED, ABORTED -> {
        distrusted.leave(io.startBlock() - layout.dataStartBlock(), io.blockCount());
        finish(io, child, status);
      }
      case OUT_OF_RANGE, INVALID, COMPARE_FAILED, READ_FAULT, WRITE_FAULT, CAPACITY_EXCEEDED ->
          failedWrites.settle(io, child, status);
    }
  }

  /** Changes the checksums from the {@code from}th block of the command on, which is written. */
  private void vouch(BlockIo io, BlockIo child, long from) {
    long start = io.startBlock() - layout.dataStartBlock();
    for (long i = from; i < io.blockCount(); i++) {
      long index = (start + i) / ChecksumPage.ENTRIES;
      ChecksumPages.Page page = pages.get(index);
      if (page == null) {
        // It left memory meanwhile.
        long next = i;
        pages.load(
            index,
            status -> {
              if (status.isSuccess()) {
                vouch(io, child, next);
              } else {
                distrusted.leave(start + next, io.blockCount() - next);
                finish(io, child, BlockStatus.SUCCESS);
              }
            });
        return;
      }
      page.set((int) ((start + i) % ChecksumPage.ENTRIES), checksums.written(io, i));
      distrusted.trust(start + i);
    }
    finish(io, child, BlockStatus.SUCCESS);
  }

  private void finish(BlockIo io, BlockIo child, BlockStatus status) {
    if (status.isSuccess() && io.op() == BlockOp.READ && inner.traits().lendsReads()) {
      io.deviceContext(child);
      for (int i = 0; i < child.data().count(); i++) {
        io.lend(
            lender,
            child.data().segment(i),
            child.data().offsetBytes(i),
            child.data().lengthBytes(i));
      }
    } else {
      pool.giveBack(child);
    }
    io.complete(status);
  }

  private void reclaim(BlockIo io) {
    pool.giveBack((BlockIo) io.deviceContext());
  }

  /** Blocks of the region may differ from their checksums: they are not compared for now. */
  public void distrust(int region) {
    distrusted.distrust(region);
  }

  /**
   * Trusts those blocks of a distrusted region whose content is what their checksums say. What is
   * otherwise may be newer than its checksum, or rotten.
   *
   * @param pieceBlocks read at once
   * @param done with another status than SUCCESS where the medium could not be asked for all
   */
  void judge(int region, int pieceBlocks, ChecksumPages.Done done) {
    distrusted.judge(region, pieceBlocks, done);
  }

  /**
   * Computes the checksums of a distrusted region from its data; blocks that are written meanwhile
   * have theirs, and blocks whose content was judged to be right. Blocks that the medium cannot
   * read keep what they have; nothing vouches any more for those that could not be asked for.
   *
   * @param pieceBlocks read at once
   */
  public void recompute(int region, int pieceBlocks, Runnable done) {
    distrusted.recompute(region, pieceBlocks, done);
  }

  /** Whether the block may differ from its checksum for other reasons than rot. */
  boolean isDistrusted(long block) {
    return distrusted.contains(block);
  }
}
