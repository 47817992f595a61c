require 'webmock'

describe 'height' do
  it 'doubles' do
    expect(height(1)).to eq 2
  end
end
