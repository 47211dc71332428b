package io.dnvme.ownership;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The way from a controller to the record holders. May lose what it is given, deliver it late,
 * twice or in another order, and answer so: nothing above relies on more.
 */
public interface HolderLink {

  /**
   * Sends requests to one holder, in one message.
   *
   * @param holder the identity of its store; a node with another store is another holder, and must
   *     not get it
   * @param batch at most {@link HolderRequest#MAX_BATCH}
   * @param answer gets the replies in the requests' order, on the caller's reactor; an empty list
   *     where it is known that there will be none; perhaps never
   */
  void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer);

  /**
   * Whether it loses nothing in silence: {@code answer} is told for each message, in a time that is
   * bounded. Then to repeat what is under way helps nobody, and takes the place of something else.
   */
  default boolean answersAll() {
    return false;
  }
}
