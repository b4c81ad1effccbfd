#include "datapath/neighbour_frames.h"

#include <array>

#include "base/own_address.h"
#include "wire/arp.h"
#include "wire/neighbour_discovery.h"

namespace holdfast {

bool SendQuestion(const SendFrame& send, PortIndex port, const PortIdentity& self,
                  const IpAddress& wanted) {
  const IpAddress& own = OwnAddressFor(self.addresses, wanted);
  if (wanted.IsV4()) {
    std::array<std::uint8_t, kMinimumFrame> frame;
    WriteArpRequest(frame.data(), self.mac, own, wanted);
    return send(port, frame);
  }
  std::array<std::uint8_t, kNeighbourFrame> frame;
  WriteNeighbourSolicitation(frame.data(), self.mac, own, wanted);
  return send(port, frame);
}

bool SendAnnouncement(const SendFrame& send, PortIndex port, const PortIdentity& self,
                      const IpAddress& address) {
  if (address.IsV4()) {
    std::array<std::uint8_t, kMinimumFrame> frame;
    WriteGratuitousArp(frame.data(), self.mac, address);
    return send(port, frame);
  }
  std::array<std::uint8_t, kNeighbourFrame> frame;
  WriteUnsolicitedAdvertisement(frame.data(), self.mac, address);
  return send(port, frame);
}

}  // namespace holdfast
