# Turns the two tables into C++: cmake -DRTT=... -DCITIES=... -DOUT=... -P embed.cmake
file(READ "${RTT}" rtt)
file(READ "${CITIES}" cities)
file(WRITE "${OUT}" "#include \"sim/data/measured.h\"

namespace orrery::sim {

constinit const std::string_view rtt_csv = R\"orrery(${rtt})orrery\";
constinit const std::string_view cities_csv = R\"orrery(${cities})orrery\";

}  // namespace orrery::sim
")
