#pragma once
/// The tensor front door of the kernels: checks shapes, dtypes and devices, allocates outputs, calls the floor.
