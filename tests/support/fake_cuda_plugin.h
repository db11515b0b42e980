#pragma once
/// What a test asks the fake plugin.

extern "C" {

/// The stream of the fake LibTorch.
void* infolioFakeStream();
/// How often a launch function, by its name in InfolioCudaTable, was called with that stream.
int infolioFakeLaunches(const char* function);
}
