package io.dnvme.disk.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.TreeMap;

/**
 * A file on a disk that fails: what cannot be flushed is told once, counts as written from then on,
 * and is in the cache only.
 */
final class DyingFile extends FileChannel {

  final byte[] medium;
  private final byte[] cached;
  private final TreeMap<Integer, Integer> unflushed = new TreeMap<>();

  /** So many flushes fail. */
  int failingFlushes;

  /** Reads from there fail. */
  long unreadableOffset = -1;

  DyingFile(byte[] content) {
    medium = content;
    cached = content.clone();
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    if (position == unreadableOffset) {
      throw new IOException("a sector is dead");
    }
    int bytes = target.remaining();
    target.put(cached, (int) position, bytes);
    return bytes;
  }

  @Override
  public int write(ByteBuffer source, long position) {
    int bytes = source.remaining();
    source.get(cached, (int) position, bytes);
    unflushed.put((int) position, bytes);
    return bytes;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    boolean fails = failingFlushes-- > 0;
    if (!fails) {
      unflushed.forEach((at, bytes) -> System.arraycopy(cached, at, medium, at, bytes));
    }
    unflushed.clear();
    if (fails) {
      throw new IOException("the disk says no");
    }
  }

  boolean isAsCached() {
    return Arrays.equals(medium, cached);
  }

  @Override
  protected void implCloseChannel() {}

  @Override
  public long size() {
    return cached.length;
  }

  // What a mark needs nothing of.

  @Override
  public int read(ByteBuffer target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long position() {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileChannel position(long newPosition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileChannel truncate(long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }
}
