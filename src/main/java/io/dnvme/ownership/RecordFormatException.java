package io.dnvme.ownership;

/** Bytes that are no record, of another format version, or damaged; the message says which. */
public final class RecordFormatException extends Exception {
  private static final long serialVersionUID = 1;

  public RecordFormatException(String message) {
    super(message);
  }

  RecordFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
