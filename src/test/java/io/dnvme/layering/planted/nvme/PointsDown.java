package io.dnvme.layering.planted.nvme;

import io.dnvme.layering.planted.block.Bottom;

/** Keeps the layers. */
public class PointsDown extends Bottom {}
