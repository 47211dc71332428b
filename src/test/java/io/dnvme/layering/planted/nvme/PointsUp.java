package io.dnvme.layering.planted.nvme;

import io.dnvme.layering.planted.volume.KnowsPekko;

/** Breaks the layers. */
public class PointsUp {
  KnowsPekko higher;
}
