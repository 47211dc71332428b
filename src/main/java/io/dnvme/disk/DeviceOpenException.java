package io.dnvme.disk;

import java.io.IOException;

/** A device cannot be opened or made; the message says what, why and what to do about it. */
public final class DeviceOpenException extends IOException {

  private static final long serialVersionUID = 1;

  public DeviceOpenException(String message) {
    super(message);
  }
}
